"""RankMixup: mixed rows must be less sure than their own rows (Noh, Park, Lee and Ham 2023, arXiv:2308.11990)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Method, clean_loss, mixup_plan, require, run_mean


@dataclass(frozen=True)
class RankMixup(Method):
    """Clean loss + weight * mean(max(0, c(z) - c(x) + margin)), c being the largest class probability.

    x is the row with the larger share in the mixed row z. Reconstructed: the paper's mixup-based ranking loss (MRL);
    that mixed rows enter by their confidence alone, not by a mixed target, is its idea. Two passes.

    weight: of the ranking term (0.1 in the paper, as recalled).
    margin: by which the mixed row must be less sure.
    alpha, lam: as for mixup.
    """

    weight: float = 0.1
    margin: float = 2.0 / 100
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "row"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    rows = "2"
    kinds = ("class",)
    stackable = True
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.weight >= 0, "weight", self.weight, ">= 0")
        require(0 <= self.margin <= 1, "margin", self.margin, "0 to 1")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)

    def objective(self, tail, state, batch, plan, loss):
        clean, mixed = tail(state), tail(self.mix(state, plan))
        sure = clean.float().softmax(1).amax(1)
        nearer = sure.where(plan.wy >= 0.5, sure[plan.partner])
        gap = (mixed.float().softmax(1).amax(1) - nearer + self.margin).clamp(min=0)
        return clean_loss(clean, batch, loss) + self.weight * run_mean(gap, batch.runs)
