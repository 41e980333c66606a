"""A learning rate that falls by a factor at a few places."""

import math
from dataclasses import dataclass

from mixsuite.mixing import require
from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Step(Schedule):
    """lr, times gamma from each of some shares of the run on.

    at:    shares of the run, above 0 and below 1.
    gamma: the factor, above 0.
    """

    at: tuple[float, ...] = (0.5, 0.75)
    gamma: float = 0.1

    def __post_init__(self):
        allowed = "a list of shares of the run, as in [0.5, 0.75]"
        require(all(0 < place < 1 for place in self.at), "at", list(self.at), allowed)
        require(self.gamma > 0, "gamma", self.gamma, "a factor above 0")

    def factor(self, t):
        return math.prod(self.gamma for place in self.at if t >= place)
