"""ResizeMix (Qin, Fang, Zhang, Liu, Wang and Wang 2020, arXiv:2012.11101)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, Plan, reject_flat, require


@dataclass(frozen=True)
class Resizemix(Method):
    """The whole partner is shrunk to a share tau of each side and pasted at a random place. One forward pass.

    The target's share is the area that stays. The place is uniform, and the interpolation bilinear.

    low, high: tau ~ Uniform(low, high).
    lam:       "batch": one tau and place per step; "row": one per row.
    """

    low: float = 0.1
    high: float = 0.8
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "1 - tau^2 (exact area), tau ~ Uniform(low, high)"
    domains = ("images",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.low <= self.high <= 1, "low, high", (self.low, self.high), "0 < low <= high <= 1")

    def reject(self, task):
        return reject_flat("resizemix", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        *_, height, width = batch.shape
        tau = self.low + (self.high - self.low) * rng.uniform(draws, kind="tau")
        places = [rng.uniform(draws, kind="box"), rng.uniform(draws, kind="box")]
        inside, source = [], []
        for side, u in zip((height, width), places, strict=True):
            size = (tau * side).floor().clamp(min=1)
            first = (u * (side - size + 1)).floor()
            pixel = torch.arange(side, device=u.device, dtype=u.dtype) - first[:, None]  # [draws, side]
            inside.append((pixel >= 0) & (pixel < size[:, None]))
            source.append(2 * (pixel + 0.5) / size[:, None] - 1)
        box = inside[0][:, :, None] & inside[1][:, None, :]
        down, across = (s.expand(draws, height, width) for s in (source[0][:, :, None], source[1][:, None, :]))
        wx = 1 - box.to(tau.dtype)
        share = wx.flatten(1).mean(1).expand(n)
        grid = torch.stack([across, down], -1).expand(n, -1, -1, -1)
        return Plan(rng.permutation(n), wx[:, None].expand(n, 1, height, width), share, extra={"grid": grid})

    def mix(self, h, plan):
        small = torch.nn.functional.grid_sample(
            h.index_select(0, plan.partner), plan.extra["grid"].to(h.dtype), padding_mode="border", align_corners=False
        )
        return torch.lerp(small, h, plan.wx.to(h.dtype))
