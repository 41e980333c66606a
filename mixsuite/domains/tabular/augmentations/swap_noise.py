"""Cells of a table taken from other rows, as in SCARF's corruption (Bahri et al. 2021, arXiv:2106.15147)."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class SwapNoise(Augmentation):
    """Each cell is replaced, with a chance, by the same column's of a training row drawn for that cell.

    share: the chance. SCARF corrupts 0.6 of the cells, for contrastive training; 0.1 is our choice here.
    """

    share: float = 0.1

    domains = ("tabular",)

    def __post_init__(self):
        if not 0 <= self.share <= 1:
            raise ValueError(f"share={self.share}: allowed is 0 to 1")

    def prepare(self, data):
        """(the training rows [n, columns], the source column of each, counted from 0)."""
        return data.train.x, torch.tensor(data.groups, device=data.train.x.device).unique(return_inverse=True)[1]

    def augment(self, x, rng, seen):
        """Rows [B, columns]; the columns of one category are replaced together."""
        train, group = seen
        cells = len(x), int(group.max()) + 1
        swapped = (rng.uniform(*cells, kind="swap") < self.share)[:, group]
        rows = (rng.uniform(*cells, kind="from") * len(train)).long()[:, group]
        return torch.where(swapped, train.gather(0, rows), x)
