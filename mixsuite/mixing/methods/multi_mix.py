"""multi-mix: several interpolations of each pair (Shen et al. 2024, arXiv:2406.01417).

We know the algorithm from the abstract and from summaries. It is not the MultiMix of Venkataramanan et al. 2023.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, Plan, box_mask, over, reject_flat, require


@dataclass(frozen=True)
class MultiMix(Method):
    """k interpolations of each pair, with their mean loss. One forward pass of k * B rows behind the site.

    Stages before the site run once, on B rows.

    k:     interpolations per pair. The first shares its lambda with mixup.
    alpha: each lambda is drawn from Beta(alpha, alpha).
    law:   "iid"; or "stratified": the j-th lambda comes from the j-th of k equally likely parts of the law.
    mask:  "scalar" shares, or "box": k CutMix boxes.
    lam:   "batch": one lambda (and box) per interpolation and step; "row": one per row. We do not know the paper's
           choice.
    """

    k: int = 5
    alpha: float = 1.0
    law: Literal["iid", "stratified"] = "iid"
    mask: Literal["scalar", "box"] = "scalar"
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), k times"
    space = {"alpha": Log(0.1, 4.0)}
    rows = "k"

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.k <= 1000, "k", self.k, "1 to 1000")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def reject(self, task):
        if self.mask == "scalar":
            return None
        if task.domain not in ("images", "speech"):
            return f"boxes are for images and speech, not for {task.domain}"
        return reject_flat("multi_mix(mask=box)", self.site, task.sites)

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = n if self.lam == "row" else 1
        shares = []
        for j in range(self.k):
            kind = "lam" if j == 0 else f"lam {j}"
            stratum = (j, self.k) if self.law == "stratified" else (0, 1)
            lam = rng.beta(self.alpha, self.alpha, draws, kind=kind, stratum=stratum)
            if self.mask == "box":
                across, down = rng.uniform(draws, kind="box"), rng.uniform(draws, kind="box")
                wx = box_mask(lam, across, down, batch.shape)
            else:
                wx = over(lam, batch.shape)
            shares.append(wx.expand(n, *wx.shape[1:]))
        wx = torch.cat(shares)  # [K * B, ...], the interpolations one after another
        rows = torch.arange(n, device=batch.y.device)
        partner = rng.permutation(n)
        return Plan(partner.repeat(self.k), wx, wx.flatten(1).mean(1), own=rows.repeat(self.k))
