"""Tables with missing values."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class Missing(Probe):
    """Values of a table's source columns are lost at random.

    A lost number becomes the training part's median, as a missing value does in encoding. A lost category becomes none
    of the known ones.

    share: probability that a value is lost.
    """

    share: float = 0.2

    domains = ("tabular",)

    def __post_init__(self):
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")

    def disturb(self, x, rows):
        group = torch.tensor(rows.groups, device=x.device)
        columns = int(group.max()) + 1
        u = rows.rng.uniform(len(x), columns, kind="probe missing")
        lost = (u < self.share)[:, group]  # [n, encoded columns]
        number = torch.tensor(rows.numbers, device=x.device)
        median = torch.quantile(rows.train, 0.5, dim=0, interpolation="midpoint")
        return torch.where(lost, torch.where(number, median, torch.zeros_like(median)), x)
