"""CutMix (Yun et al. 2019, arXiv:1905.04899, section 3.1)."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Method, Plan, box_mask
from mixsuite.mixing.contract import require


@dataclass(frozen=True)
class Cutmix(Method):
    """A box of the partner pasted into the picture, targets mixed by the area. One forward pass.

    alpha: the nominal share that stays is drawn from Beta(alpha, alpha); the target's share is the
           share of pixels that did stay, after the box is cut off at the border.
    lam:   "batch": one share and one box per step, as the paper's code does; "row": one per row.
    """

    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact area"
    domains = ("images",)

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def reject(self, task):
        flat = [name for name, shape in task.sites.items() if len(shape) != 3]
        wanted = list(task.sites) if self.site == "random" else [self.site]
        if any(name in flat for name in wanted):
            fits = [name for name in task.sites if name not in flat]
            found = ", ".join(fits) or "no site"
            return f"cutmix needs pictures [C, H, W] at its site '{self.site}'; this task has them at: {found}"
        return None

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        lam = rng.beta(self.alpha, self.alpha, draws)
        across, down = rng.uniform(draws, kind="box"), rng.uniform(draws, kind="box")
        mask = box_mask(lam, across, down, batch.shape)  # [draws, 1, H, W]
        share = mask.mean(dim=(1, 2, 3))
        return Plan(rng.permutation(n), mask.expand(n, *mask.shape[1:]), share.expand(n))
