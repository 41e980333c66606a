"""mixup within classes, an ablation of mixup (Zhang et al. 2018, arXiv:1710.09412, section 3.8: "SC + RP")."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, hard_labels, mixup_plan, require


@dataclass(frozen=True)
class SameClass(Method):
    """mixup of each row with a random row of its own class; the target stays. One forward pass.

    A row that is alone in its class stays unmixed. The class of a soft target is its largest.

    alpha, lam: as for mixup.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "own"
    pairing = "permutation within each class"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0)}
    kinds = ("class",)

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        n = len(batch.y)
        y = hard_labels(batch.y)
        order = torch.argsort(y + 0.5 * rng.uniform(n, kind="partner"))  # [B] class by class, shuffled within each
        ranked = y[order]
        place = torch.arange(n, device=y.device)
        first = torch.searchsorted(ranked, ranked)
        last = torch.searchsorted(ranked, ranked, right=True) - 1
        after = torch.where(place == last, first, place + 1)  # next in the class, or its first
        partner = torch.empty_like(order).scatter(0, order, order[after])
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        return plan._replace(partner=partner, wy=torch.ones_like(plan.wy))
