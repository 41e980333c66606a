"""SpecMix: bands of two spectrograms swapped (Kim, Han and Ko 2021, Interspeech)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, mask_plan, reject_flat, require


@dataclass(frozen=True)
class Specmix(Method):
    """Some frequency bands and time stretches become the partner's. One forward pass.

    The target's share is the area that stayed. The number and the law of the widths are our reading: we did not have
    the paper.

    bands: the largest number of bands, and of stretches; each number is drawn uniformly from 0 up to it.
    width: the largest share of the axis that one of them spans; each width is drawn uniformly up to it.
    lam:   "batch": one mask per step; "row": one per row.
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
        outside = [
            self._outside(side, draws, rng, axis)
            for axis, side in zip(("frequency", "time"), batch.shape[-2:], strict=True)
        ]
        return mask_plan(outside[0][:, :, None] * outside[1][:, None, :], batch, rng.permutation(n))

    def _outside(self, side, draws, rng, axis):
        """A mask [draws, side]: 0 in the bands, 1 elsewhere."""
        count = (rng.uniform(draws, kind=f"bands of {axis}") * (self.bands + 1)).floor()
        place = torch.arange(side, device=count.device, dtype=count.dtype)
        mask = torch.ones(draws, side, device=count.device, dtype=count.dtype)
        for number in range(self.bands):
            size = (rng.uniform(draws, kind=f"width {axis}") * self.width * side).round()
            first = (rng.uniform(draws, kind=f"place {axis}") * (side - size + 1)).floor()
            inside = (place >= first[:, None]) & (place < (first + size)[:, None]) & (number < count)[:, None]
            mask = torch.where(inside, 0.0, mask)
        return mask
