"""Cutout (DeVries and Taylor 2017, arXiv:1708.04552, section 3.2)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Linear, Method, Plan, box_mask, reject_flat, require


@dataclass(frozen=True)
class Cutout(Method):
    """A square of each row is set to zero, which is the training part's mean; the target stays. One forward pass.

    The square's centre is uniform over the pixels, and the part outside the picture is cut off. There is no partner.
    Ours: sides are rounded down to an even number of pixels, as CutMix's are.

    side: side of the square, as a share of the picture's (the paper: 16 of 32 pixels for CIFAR-10, 8 for CIFAR-100).
    """

    side: float = 0.5

    label = "own"
    pairing = "none"
    space = {"side": Linear(0.1, 0.8)}
    domains = ("images",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.side <= 1, "side", self.side, "above 0, to 1")

    def reject(self, task):
        return reject_flat("cutout", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        across, down = rng.uniform(n, kind="box"), rng.uniform(n, kind="box")  # CutMix's places
        side = self.side + 1e-5  # so that rounding leaves no side just below a whole number of pixels
        keep = box_mask(torch.full_like(across, 1 - side**2), across, down, batch.shape)
        return Plan(torch.arange(n, device=across.device), keep, torch.ones_like(across))

    def mix(self, h, plan):
        return h * plan.wx.to(h.dtype)
