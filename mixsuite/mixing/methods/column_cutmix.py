"""CutMix for tables: source columns swapped (as in SAINT, Somepalli et al. 2021, arXiv:2106.01342)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, Plan, require


@dataclass(frozen=True)
class ColumnCutmix(Method):
    """Each source column stays with probability lambda, or else becomes the partner's. One forward pass.

    A category moves as a whole, with all its encoded columns. The target's share is the share of the source columns
    that stayed. SAINT swaps a tenth of the cells in pre-training and mixes no targets; mixup's law of lambda is our
    choice.

    alpha: lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda and one set of columns per step; "row": one per row.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact share of source columns"
    space = {"alpha": Log(0.1, 4.0)}
    domains = ("tabular",)

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def reject(self, task):
        return None if self.site == "input" else f"column_cutmix swaps columns, so its site is input, not '{self.site}'"

    def prepare(self, train):
        groups = torch.tensor(train.groups, device=train.y.device)
        return {"groups": groups, "columns": groups.unique()}

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        groups = batch.stats["groups"]
        columns = len(batch.stats["columns"])
        lam = rng.beta(self.alpha, self.alpha, draws)
        own = (rng.uniform(draws, columns, kind="columns") < lam[:, None]).to(lam.dtype)
        return Plan(rng.permutation(n), own[:, groups].expand(n, -1), own.mean(1).expand(n))
