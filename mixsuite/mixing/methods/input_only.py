"""Mixed inputs with hard targets, an ablation of mixup (Zhang et al. 2018, arXiv:1710.09412, section 3.8)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Log, Method, mixup_plan, require


@dataclass(frozen=True)
class InputOnly(Method):
    """mixup of the signal alone; the target is that of the nearer row. One forward pass.

    At lambda = 1/2 the target is the row's own.

    alpha, lam: as for mixup.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0)}

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        return plan._replace(wy=(plan.wy >= 0.5).to(plan.wy.dtype))
