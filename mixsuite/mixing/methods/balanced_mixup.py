"""Balanced-MixUp for imbalanced classes (Galdran, Carneiro and Gonzalez Ballester 2021, arXiv:2109.09850)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Log, Method, Plan, over, require
from mixsuite.mixing.neighbours import drawn_by_class, rows_by_class


@dataclass(frozen=True)
class BalancedMixup(Method):
    """Each row of the batch is mixed with a training row whose class is drawn uniformly. One forward pass.

    z = (1 - lam) x + lam x', with x' from the class-balanced draw and lam ~ Beta(alpha, 1), per row (section 2 of the
    paper, as recalled). Classes without training rows are never drawn.

    alpha: small values keep the natural batch nearly as it is (the paper: 0.1 to 0.3).
    """

    alpha: float = 0.2

    label = "matched"
    pairing = "a training row of a uniformly drawn class"
    lam_law = "1 - Beta(alpha, 1)"
    space = {"alpha": Log(0.05, 2.0)}
    kinds = ("class",)
    stackable = False

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def prepare(self, train):
        return rows_by_class(train)

    def more_rows(self, batch, rng):
        return drawn_by_class(batch, rng)

    def plan(self, batch, rng):
        n = batch.size
        lam = 1 - rng.beta(self.alpha, 1.0, n)
        return Plan(n + torch.arange(n, device=batch.y.device), over(lam, batch.shape), lam)
