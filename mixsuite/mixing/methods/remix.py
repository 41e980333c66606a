"""Remix: mixup for uneven classes (Chou, Chang, Pan, Wei and Juan 2020, arXiv:2007.03943)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Linear, Log, Method, hard_labels, mixup_plan, require


@dataclass(frozen=True)
class Remix(Method):
    """mixup in which a much rarer class can take the whole target. One forward pass.

    The signal is mixed by lambda. n_i and n_j are the numbers of training rows of the row's and the partner's class.
    The target's lambda_y is 0 if n_i / n_j >= kappa and lambda < tau, 1 if n_i / n_j <= 1 / kappa and
    1 - lambda < tau, and lambda otherwise.

    kappa:      ratio of class sizes from which the rarer class can take the whole target.
    tau:        share of the signal below which the more frequent class loses its target.
    alpha, lam: as for mixup.
    """

    kappa: float = 3.0
    tau: float = 0.5
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0), "kappa": Linear(1.0, 5.0), "tau": Linear(0.1, 0.9)}
    kinds = ("class",)

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.kappa >= 1, "kappa", self.kappa, ">= 1")
        require(0 <= self.tau <= 1, "tau", self.tau, "0 to 1")

    def prepare(self, train):
        return {"counts": torch.bincount(hard_labels(train.y), minlength=train.classes)}

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        lam = plan.wy
        count = batch.stats["counts"][hard_labels(batch.y)].to(lam.dtype)
        other = count[plan.partner]
        wy = torch.where((count >= self.kappa * other) & (lam < self.tau), 0.0, lam)
        wy = torch.where((other >= self.kappa * count) & (1 - lam < self.tau), 1.0, wy)
        return plan._replace(wy=wy)
