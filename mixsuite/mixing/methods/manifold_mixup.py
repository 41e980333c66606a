"""Manifold Mixup (Verma et al. 2019, arXiv:1806.05236, section 2)."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.mixing import Log, Method, mixup_plan, require


@dataclass(frozen=True)
class ManifoldMixup(Method):
    """mixup of hidden states, at a site drawn at each step. One forward pass.

    BatchNorm sees clean rows before the site, and mixed rows behind it.

    alpha: lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda per step, as in the paper's code; "row": one per row.
    site:  "random" draws among the task's sites, the input included and waves not; a name fixes the site.

    The loss is the task's own loss in two terms, where the paper's code takes BCE on softmax.
    """

    alpha: float = 2.0
    lam: Literal["batch", "row"] = "batch"
    site: str = field(default="random", kw_only=True)

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0)}

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)
