"""SMOTE at every step: rows of balanced classes, moved towards a neighbour (Chawla et al. 2002, arXiv:1106.1813)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over, require
from mixsuite.mixing.neighbours import drawn_by_class, nearest, rows_by_class


@dataclass(frozen=True)
class Smote(Method):
    """A share of the batch is replaced by synthetic rows: of a uniformly drawn class, between a row and a neighbour.

    The synthetic row is x + u (x' - x), u uniform, x' one of the k nearest rows of x's class; its target is the class.
    The paper makes such rows once, of the minority class alone, before training; drawing them anew at each step, of all
    classes alike, is ours.

    k:     neighbours (the paper: 5).
    share: of the batch that is replaced on average; each row is by chance.
    """

    k: int = 5
    share: float = 0.5

    label = "own"
    pairing = "one of the k nearest rows of its class"
    lam_law = "uniform"
    kinds = ("class",)
    domains = ("tabular",)
    stackable = False
    needs_rows = True

    def __post_init__(self):
        super().__post_init__()
        require(self.k >= 1, "k", self.k, ">= 1")
        require(0 < self.share <= 1, "share", self.share, "above 0, to 1")

    def prepare(self, train):
        return rows_by_class(train) | {"nearest": nearest(train, self.k, within=True)}

    def more_rows(self, batch, rng):
        rows = drawn_by_class(batch, rng)
        near = batch.stats["nearest"][rows]
        place = (rng.uniform(len(near), kind="neighbour") * near.shape[1]).long()
        return torch.cat([rows, near.gather(1, place[:, None])[:, 0]])

    def plan(self, batch, rng):
        n, device = batch.size, batch.y.device
        replaced = rng.uniform(n, kind="replaced") < self.share
        here = torch.arange(n, device=device)
        lam = torch.where(replaced, 1 - rng.uniform(n, kind="lam"), 1.0)
        own, partner = (torch.where(replaced, n * place + here, here) for place in (1, 2))
        return Plan(partner, over(lam, batch.shape), torch.ones_like(lam), own=own)
