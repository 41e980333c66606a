"""CutMix (Yun et al. 2019, arXiv:1905.04899, section 3.1), for pictures and spectrograms."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Log, Method, box_plan, reject_flat, require


@dataclass(frozen=True)
class Cutmix(Method):
    """A box of the partner is pasted in, and targets are mixed by its area. One forward pass.

    alpha: the nominal share that stays is drawn from Beta(alpha, alpha). The target's share is the share of cells that
           did stay, after the box is cut off at the border.
    lam:   "batch": one share and one box per step, as in the paper's code; "row": one per row.

    On spectrograms the box spans bands and frames. This is our choice: the paper has pictures only.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact area"
    space = {"alpha": Log(0.1, 4.0)}
    domains = ("images", "speech")

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def reject(self, task):
        return reject_flat("cutmix", self.site, task.sites)

    def plan(self, batch, rng):
        return box_plan(batch, rng, self.alpha, self.lam)
