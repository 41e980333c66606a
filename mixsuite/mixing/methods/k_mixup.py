"""k-Mixup (Greenewald, Gu, Yurochkin, Solomon and Chien 2021, arXiv:2106.02933)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, mixup_plan, require


@dataclass(frozen=True)
class KMixup(Method):
    """mixup of rows that an optimal matching of blocks of k rows pairs. One forward pass.

    The matching minimises the sum of squared distances at the input, and runs on the host.

    k:          rows in a block; k = 1 is mixup. The last block may be shorter. The paper has k = 16 in batches of 512;
                the default suits batches of 16 to 64. If one block held the whole batch, every row would be matched
                with itself, so a batch must hold two blocks.
    alpha, lam: as for mixup. Distances are smaller here, so a larger alpha suits: the paper has alpha = 10.
    """

    k: int = 4
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    lam_law = "Beta(alpha, alpha)"
    pairing = "optimal matching of blocks of k"
    space = {"alpha": Log(0.1, 4.0)}
    needs_x = True
    vectorised = False

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.k >= 1, "k", self.k, ">= 1")

    def reject(self, task):
        if "input" not in task.sites:
            return "k_mixup matches rows at the input, which is ragged here"
        if self.k > 1 and task.batch < 2 * self.k:
            return f"blocks of k={self.k} need batches of {2 * self.k} rows or more, this one has {task.batch}"
        return None

    def plan(self, batch, rng):
        from scipy.optimize import linear_sum_assignment

        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        order = plan.partner
        leaf = batch.x[0] if isinstance(batch.x, tuple) else batch.x
        rows = leaf.flatten(1).float()
        matched = []
        for block in torch.arange(len(order), device=order.device).split(self.k):
            others = order[block]
            cost = torch.cdist(rows[block], rows[others]).square()
            _, place = linear_sum_assignment(cost.cpu().numpy())
            matched.append(others[torch.from_numpy(place).to(order.device)])
        return plan._replace(partner=torch.cat(matched))
