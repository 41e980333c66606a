"""Batch augmentation (Hoffer et al. 2020, arXiv:1901.09335) with mixup: every row is mixed with k partners."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, Plan, over, require


@dataclass(frozen=True)
class BatchAugmentation(Method):
    """k mixed rows for each row, each with its own partner and lambda. One forward pass of k * B rows behind the site.

    This is the control for multi_mix at equal compute.

    k:     partners per row. The first partner and lambda are mixup's.
    alpha: each lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda per step for each of the k partners; "row": one per row.
    """

    k: int = 5
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "k permutations"
    lam_law = "Beta(alpha, alpha), k times"
    space = {"alpha": Log(0.1, 4.0)}
    rows = "k"

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.k <= 1000, "k", self.k, "1 to 1000")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    @property
    def control(self):
        return "compute"

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        suffix = ["", *(f" {j}" for j in range(1, self.k))]
        shares = torch.cat([rng.beta(self.alpha, self.alpha, draws, kind=f"lam{s}").expand(n) for s in suffix])
        partner = torch.cat([rng.permutation(n, kind=f"partner{s}") for s in suffix])
        rows = torch.arange(n, device=batch.y.device)
        return Plan(partner, over(shares, batch.shape), shares, own=rows.repeat(self.k))
