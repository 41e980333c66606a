"""TransMix: CutMix whose target follows attention (Chen, Sun, He, Torr, Yuille and Bai 2022, arXiv:2111.09833)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Method, box_plan, reject_flat, require, two_term_loss
from mixsuite.mixing.attention import attended, seen_attention


@dataclass(frozen=True)
class TransMix(Method):
    """CutMix in which the target's share is the attention that falls on the own row's patches. One forward pass.

    Attention is the class token's in the last block, the mean over heads, of the mixed rows themselves. For models with
    timm's attention, such as vit_tiny and timm:vit_*; another model skips the run, with the reason. Ours: attention
    carries no gradient, in nets without a class token it is the mean over all tokens, and a patch on a box's border
    counts by its area.

    alpha: the nominal share that stays is drawn from Beta(alpha, alpha).
    lam:   "batch": one share and one box per step, as in CutMix's code; "row": one per row.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the attention outside the box"
    domains = ("images",)
    stackable = False
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def reject(self, task):
        if self.site != "input":
            return f"trans_mix is for patches of pictures, so its site is input, not '{self.site}'"
        return reject_flat("trans_mix", self.site, task.sites)

    def plan(self, batch, rng):
        return box_plan(batch, rng, self.alpha, self.lam)

    def objective(self, tail, state, batch, plan, loss):
        out, attention = seen_attention(tail, self.mix(state, plan))
        share = attended(attention, plan.wx).clamp(0, 1).to(plan.wy.dtype)
        return two_term_loss(out, batch, plan._replace(wy=share), loss)
