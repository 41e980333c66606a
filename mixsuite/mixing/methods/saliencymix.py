"""SaliencyMix (Uddin, Monira, Shin, Chung and Bae 2021, arXiv:2006.01791), with edges for saliency."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, box_mask, mask_plan, mixup_plan, reject_flat, require


@dataclass(frozen=True)
class Saliencymix(Method):
    """CutMix with the box at the partner's most salient pixel. One forward pass.

    The most salient pixel has the largest smoothed gradient magnitude, a mean over channels. Each partner has its own
    box. The paper takes a detector of salient regions that needs no model (Montabone and Soto 2010); the gradient's
    magnitude is our choice.

    smooth: side of the averaging window in pixels, an odd number.
    alpha:  the nominal share that stays is drawn from Beta(alpha, alpha).
    lam:    "batch": one share per step, as in the paper; "row": one per row.
    """

    smooth: int = 3
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), then the exact area"
    space = {"alpha": Log(0.1, 4.0)}
    domains = ("images",)
    needs_x = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.smooth >= 1 and self.smooth % 2 == 1, "smooth", self.smooth, "an odd number from 1")

    def reject(self, task):
        if self.site != "input":
            return f"saliencymix looks at pictures, so its site is input, not '{self.site}'"
        return reject_flat("saliencymix", self.site, task.sites)

    def plan(self, batch, rng):
        *_, height, width = batch.shape
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        lam, x = plan.wy, batch.x[plan.partner]
        steep, wide = (torch.gradient(x, dim=axis)[0] if x.shape[axis] > 1 else torch.zeros_like(x) for axis in (2, 3))
        edges = (steep.square() + wide.square()).sqrt().mean(1, keepdim=True)
        calm = torch.nn.functional.avg_pool2d(edges, self.smooth, 1, self.smooth // 2, count_include_pad=False)
        peak = calm.flatten(1).argmax(1)
        across, down = ((v + 0.5).to(lam.dtype) / side for v, side in ((peak % width, width), (peak // width, height)))
        return mask_plan(box_mask(lam, across, down, batch.shape), batch, plan.partner)
