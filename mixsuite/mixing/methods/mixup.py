"""mixup (Zhang, Cisse, Dauphin and Lopez-Paz 2018, arXiv:1710.09412, section 2)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Log, Method, mixup_plan, require


@dataclass(frozen=True)
class Mixup(Method):
    """Convex combinations of rows and targets with those of a permuted batch. One forward pass.

    alpha: lambda is drawn from Beta(alpha, alpha), and is not folded to at least one half.
    lam:   "batch": one lambda per step, as in the paper's code; "row": one per row.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0)}

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)
