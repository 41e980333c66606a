"""SpecMix: bands of two spectrograms swapped (Kim, Han and Ko 2021, Interspeech)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, mask_plan, reject_flat, require


@dataclass(frozen=True)
class Specmix(Method):
    """Some bands of frequencies and some stretches of time are the partner's, the rest is the row's own; the
    target's share is the area that stayed. One forward pass.

    bands:  up to so many bands, and so many stretches; how many is drawn uniformly from 0 to it, each.
    width:  the largest share of the axis that one spans; drawn uniformly up to it.
    lam:    "batch": one mask per step; "row": one per row.
    The number and the law of the widths are our reading: the paper was not at hand.
    """

    bands: int = 2
    width: float = 0.3
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "exact area outside drawn bands"
    domains = ("speech",)

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.bands <= 16, "bands", self.bands, "1 to 16")
        require(0 < self.width <= 1, "width", self.width, "above 0 to 1")

    def reject(self, task):
        return reject_flat("specmix", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        kept = [
            self._outside(side, draws, rng, axis)
            for axis, side in zip(("frequency", "time"), batch.shape[-2:], strict=True)
        ]
        return mask_plan(kept[0][:, :, None] * kept[1][:, None, :], batch, rng.permutation(n))

    def _outside(self, side, draws, rng, axis):
        """1 where no band lies, else 0. [draws, side]"""
        count = (rng.uniform(draws, kind=f"bands of {axis}") * (self.bands + 1)).floor()
        place = torch.arange(side, device=count.device, dtype=count.dtype)
        kept = torch.ones(draws, side, device=count.device, dtype=count.dtype)
        for number in range(self.bands):
            size = (rng.uniform(draws, kind=f"width {axis}") * self.width * side).round()
            first = (rng.uniform(draws, kind=f"place {axis}") * (side - size + 1)).floor()
            inside = (place >= first[:, None]) & (place < (first + size)[:, None]) & (number < count)[:, None]
            kept = torch.where(inside, 0.0, kept)
        return kept
