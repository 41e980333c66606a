"""SpecAugment with mixup: masked bands and stretches of mixed spectrograms (Park et al. 2019, arXiv:1904.08779)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, interpolate, mixup_plan, reject_flat, require


@dataclass(frozen=True)
class SpecMixup(Method):
    """mixup, and then ``masks`` bands and ``masks`` stretches of each mixed row set to 0. One forward pass.

    A mask's width f is uniform on 0 .. its largest, its place uniform on 0 .. side - f (section 2 of the paper, without
    time warping). 0 is the training part's mean of a band where rows are standardised.

    alpha, lam: as for mixup; alpha = 0 is SpecAugment alone.
    masks:      number of masks of each axis (the paper: 1 or 2).
    frequency:  largest band, as a share of all (the paper: 27 of 80).
    time:       largest stretch, as a share of all.
    """

    alpha: float = 1.0
    masks: int = 2
    frequency: float = 0.3
    time: float = 0.2
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    augments = True
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    domains = ("speech",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha >= 0, "alpha", self.alpha, ">= 0 (0 is SpecAugment alone)")
        require(0 <= self.masks <= 8, "masks", self.masks, "0 to 8")
        for name in ("frequency", "time"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "0 to 1")

    def reject(self, task):
        return reject_flat("spec_mixup", self.site, task.sites)

    def plan(self, batch, rng):
        n, keep = len(batch.y), []
        for axis, side in zip(("frequency", "time"), batch.shape[-2:], strict=True):
            place = torch.arange(side, device=batch.y.device)
            whole = torch.ones(n, side, device=batch.y.device)
            for mask in range(self.masks):
                width = (
                    rng.uniform(n, kind=f"width {axis} {mask}") * (int(getattr(self, axis) * side + 1e-9) + 1)
                ).floor()
                first = (rng.uniform(n, kind=f"place {axis} {mask}") * (side - width + 1)).floor()
                inside = (place >= first[:, None]) & (place < (first + width)[:, None])
                whole = torch.where(inside, 0.0, whole)
            keep.append(whole)
        kept = keep[0][:, :, None] * keep[1][:, None, :]
        plan = mixup_plan(batch, rng, self.alpha or 1.0, self.lam)
        if not self.alpha:
            plan = plan._replace(wx=torch.ones_like(plan.wx), wy=torch.ones_like(plan.wy))
        return plan._replace(extra={"kept": kept})

    def mix(self, h, plan):
        z = interpolate(h, plan)
        first, rest = (z[0], z[1:]) if isinstance(z, tuple) else (z, None)
        kept = plan.extra["kept"].to(first.dtype)
        kept = kept.reshape(len(kept), *[1] * (first.dim() - 3), *kept.shape[1:])
        return first * kept if rest is None else (first * kept, *rest)
