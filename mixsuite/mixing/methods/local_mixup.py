"""Local mixup: pairs count less the further apart their rows are (Baena, Drumetz and Gripon 2022, arXiv:2201.04368)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Method, mixup_plan, require


@dataclass(frozen=True)
class LocalMixup(Method):
    """mixup in which a pair's loss is weighed by exp(-sharp * d / mean d), d being the distance of its inputs.

    The weights of a batch sum to 1. Reconstructed from the abstract: that weights fall with distance is the paper's,
    their law and its unit, the batch's mean distance, are ours. sharp = 0 is mixup.

    alpha, lam: as for mixup.
    """

    sharp: float = 1.0
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation, weighed by nearness"
    lam_law = "Beta(alpha, alpha)"
    needs_x = True

    def __post_init__(self):
        super().__post_init__()
        require(self.sharp >= 0, "sharp", self.sharp, ">= 0 (0 is mixup)")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def reject(self, task):
        return None if "input" in task.sites else "local_mixup compares rows at the input, which is ragged here"

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        x = (batch.x[0] if isinstance(batch.x, tuple) else batch.x).flatten(1)
        apart = (x - x[plan.partner]).norm(dim=1)
        near = (-self.sharp * apart / apart.mean().clamp(min=1e-12)).exp()
        return plan._replace(weight=(near / near.sum()).to(plan.wy.dtype))
