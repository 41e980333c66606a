"""Pictures with less (or more) contrast."""

from dataclasses import dataclass

from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require


@dataclass(frozen=True)
class Contrast(Probe):
    """Each channel of a picture is moved towards its own mean.

    factor: share of the contrast that stays; above 1 the contrast grows.
    """

    factor: float = 0.5

    domains = ("images",)

    def __post_init__(self):
        require(self.factor >= 0, "factor", self.factor, ">= 0")

    def disturb(self, x, rows):
        mean = x.mean((2, 3), keepdim=True)
        return mean + self.factor * (x - mean)
