"""Numbers of a table disturbed."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class ColumnNoise(Augmentation):
    """Normal noise is added to columns of numbers; categories stay.

    sd: of the noise, in standard deviations of the column (0.1 is our choice).
    """

    sd: float = 0.1

    domains = ("tabular",)

    def __post_init__(self):
        if not 0 <= self.sd <= 10:
            raise ValueError(f"sd={self.sd}: allowed is 0 to 10")

    def prepare(self, data):
        """1 for columns of numbers and 0 for others, [columns]."""
        return torch.tensor(data.numbers, device=data.train.y.device)

    def augment(self, x, rng, seen):
        """Rows [B, columns], standardised."""
        return x + self.sd * seen.to(x.dtype) * rng.normal(*x.shape, kind="column_noise")
