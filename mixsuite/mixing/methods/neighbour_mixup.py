"""mixup with nearest neighbours, an ablation of mixup (Zhang et al. 2018, arXiv:1710.09412, section 3.8: "KNN")."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over, require
from mixsuite.mixing.neighbours import nearest


@dataclass(frozen=True)
class NeighbourMixup(Method):
    """mixup of each row with one of its nearest neighbours in the whole training part. One forward pass.

    Distances are Euclidean, at the input. The paper has k = 200 on CIFAR-10; a set with fewer rows has fewer.

    k:     neighbours among which the partner is drawn.
    within: whether neighbours are sought in the row's own class alone ("SC + KNN"; the paper calls it SMOTE).
    alpha: lambda is drawn from Beta(alpha, alpha), per row.
    """

    k: int = 20
    within: bool = False
    alpha: float = 1.0

    label = "matched"
    pairing = "one of the k nearest training rows"
    lam_law = "Beta(alpha, alpha)"
    stackable = False
    needs_rows = True

    def __post_init__(self):
        super().__post_init__()
        require(self.k >= 1, "k", self.k, ">= 1")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def reject(self, task):
        if "input" not in task.sites:
            return "neighbour_mixup compares rows at the input, which is ragged here"
        if self.within and task.kind != "class":
            return "within=True needs classes"
        return None if task.rows > 1 else "one training row has no neighbour"

    def prepare(self, train):
        return {"nearest": nearest(train, self.k, self.within)}

    def more_rows(self, batch, rng):
        near = batch.stats["nearest"][batch.rows]
        place = (rng.uniform(len(near), kind="neighbour") * near.shape[1]).long()
        return near.gather(1, place[:, None])[:, 0]

    def plan(self, batch, rng):
        n = batch.size
        lam = rng.beta(self.alpha, self.alpha, n)
        return Plan(n + torch.arange(n, device=batch.y.device), over(lam, batch.shape), lam)
