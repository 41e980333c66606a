"""Additive Gaussian noise."""

from dataclasses import dataclass

from mixsuite.data.state import first_leaf
from mixsuite.evaluation.base import Probe, free, replace_first, spread
from mixsuite.mixing import require


@dataclass(frozen=True)
class Noise(Probe):
    """Gaussian noise on pixels, frames or samples, or on a table's numbers; padding and categories stay.

    std: in units of the standard deviation of the channel or column over the training part.
    """

    std: float = 0.3

    domains = ("images", "tabular", "speech")

    def __post_init__(self):
        require(self.std >= 0, "std", self.std, ">= 0")

    def disturb(self, x, rows):
        leaf = first_leaf(x)
        noise = rows.rng.normal(*leaf.shape, kind="probe noise")
        return replace_first(x, leaf + self.std * spread(rows.train) * noise * free(x, rows.numbers))
