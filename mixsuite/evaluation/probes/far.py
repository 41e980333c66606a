"""A shifted test part: the test rows that lie farthest from the training rows."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation.base import Measurement
from mixsuite.evaluation.measure import error_in_units
from mixsuite.mixing import require
from mixsuite.training.predict import BATCH, predict


@dataclass(frozen=True)
class Far(Measurement):
    """The error, or the RMSE, on the share of the test rows that are farthest from their nearest training row.

    Distances are Euclidean between encoded rows: columns of numbers count in standard deviations, another category as
    the square root of 2. It also measures ``near``, the same on the other rows. Our own.

    share: of the test rows.
    """

    share: float = 0.25

    domains = ("tabular",)

    def __post_init__(self):
        require(0 < self.share < 1, "share", self.share, "between 0 and 1")

    def measure(self, model, data, rng):
        x, train = data.test.x, data.train.x
        apart = torch.cat([torch.cdist(rows, train).amin(1) for rows in x.split(BATCH)])
        order = apart.argsort(descending=True, stable=True)
        far = max(1, round(self.share * len(order)))
        found, out = {}, predict(model, data.test)
        for name, rows in (("far", order[:far]), ("near", order[far:])):
            if len(rows):
                found[name] = error_in_units(out[rows], data.test.y[rows], data)
        return found
