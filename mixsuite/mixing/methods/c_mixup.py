"""C-Mixup (Yao, Wang, Zhang, Zou and Finn 2022, arXiv:2210.05775), for regression."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, mixup_plan, require


@dataclass(frozen=True)
class CMixup(Method):
    """mixup with partners whose targets are near. One forward pass.

    Row i draws its partner j from the other rows of the batch, with probability proportional to
    exp(-|y_i - y_j|^2 / (2 bandwidth^2)).

    alpha, lam: as for mixup.
    bandwidth:  in standard deviations of the training targets. The paper tunes it for each data set, in the target's
                units, and draws from all training rows or from the batch.
    """

    alpha: float = 2.0
    bandwidth: float = 0.5
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "drawn by nearness of targets"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0), "bandwidth": Log(0.05, 5.0)}
    kinds = ("regression",)

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.bandwidth > 0, "bandwidth", self.bandwidth, "> 0")

    def plan(self, batch, rng):
        n = len(batch.y)
        y = batch.y.reshape(n, -1).float()
        closeness = -torch.cdist(y, y).square() / (2 * self.bandwidth**2)
        itself = torch.eye(n, dtype=torch.bool, device=y.device)
        if n > 1:
            closeness = closeness.masked_fill(itself, -torch.inf)
        edges = closeness.softmax(1).cumsum(1)
        u = rng.uniform(n, kind="partner").float()[:, None] * edges[:, -1:]
        partner = torch.searchsorted(edges, u, right=True)[:, 0].clamp(max=n - 1)
        return mixup_plan(batch, rng, self.alpha, self.lam)._replace(partner=partner)
