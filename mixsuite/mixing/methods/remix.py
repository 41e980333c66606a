"""Remix: mixup for uneven classes (Chou, Chang, Pan, Wei and Juan 2020, arXiv:2007.03943)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing.contract import require
from mixsuite.mixing.methods.mixup import Mixup


@dataclass(frozen=True)
class Remix(Mixup):
    """The signal is mixed by lambda; the whole target goes to the rarer class of a pair where one has at least
    kappa times as many training rows as the other and its share of the signal is small. One forward pass.

    With n_i, n_j the training rows of the own and the partner's class: lambda_y = 0 if n_i / n_j >= kappa and
    lambda < tau; 1 if n_i / n_j <= 1 / kappa and 1 - lambda < tau; else lambda.

    alpha, lam: as for mixup.
    """

    kappa: float = 3.0
    tau: float = 0.5

    label = "free"

    def __post_init__(self):
        super().__post_init__()
        require(self.kappa >= 1, "kappa", self.kappa, ">= 1")
        require(0 <= self.tau <= 1, "tau", self.tau, "0 to 1")

    def reject(self, task):
        return None if task.kind == "class" else f"remix needs classes, not {task.kind}"

    def prepare(self, train):
        y = train.y if train.y.dim() == 1 else train.y.argmax(1)
        return {"counts": torch.bincount(y, minlength=train.classes)}

    def plan(self, batch, rng):
        plan = super().plan(batch, rng)
        lam = plan.wy
        y = batch.y if batch.y.dim() == 1 else batch.y.argmax(1)
        count = batch.stats["counts"][y].to(lam.dtype)
        other = count[plan.partner]
        wy = torch.where((count >= self.kappa * other) & (lam < self.tau), 0.0, lam)
        wy = torch.where((other >= self.kappa * count) & (1 - lam < self.tau), 1.0, wy)
        return plan._replace(wy=wy)
