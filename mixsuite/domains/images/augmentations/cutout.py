"""Squares set to the mean (DeVries and Taylor 2017, arXiv:1708.04552, section 3.2)."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class Cutout(Augmentation):
    """A square of each row is set to zero, which is the training part's mean.

    Its centre is uniform over the pixels; the part outside the picture is cut off.

    side: of the square, as a share of the picture's (the paper: 16 of 32 pixels for CIFAR-10, 8 for CIFAR-100).
    """

    side: float = 0.5

    domains = ("images",)

    def __post_init__(self):
        if not 0 < self.side <= 1:
            raise ValueError(f"side={self.side}: allowed is above 0, to 1")

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W]."""
        down, across = (self._inside(rng.uniform(len(x), kind=f"box {axis}"), x.shape[axis]) for axis in (2, 3))
        return x.masked_fill((down[:, :, None] & across[:, None, :])[:, None], 0)

    def _inside(self, u, pixels):
        """Whether each pixel [B, pixels] of an axis is in the square."""
        length = max(1, round(self.side * pixels))
        first = (u * pixels).long() - length // 2
        pixel = torch.arange(pixels, device=u.device)
        return (pixel >= first[:, None]) & (pixel < first[:, None] + length)
