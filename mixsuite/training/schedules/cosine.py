"""A learning rate that falls along half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts)."""

import math
from dataclasses import dataclass

from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Cosine(Schedule):
    """From lr to 0, which would be reached at the step after the last."""

    def factor(self, t):
        return 0.5 * (1 + math.cos(math.pi * t))
