"""A learning rate that falls by the same factor at every step."""

from dataclasses import dataclass

from mixsuite.mixing import require
from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Exponential(Schedule):
    """From lr to ``end`` of it. end: the factor at the end of the run."""

    end: float = 0.01

    def __post_init__(self):
        require(0 < self.end <= 1, "end", self.end, "above 0, to 1")

    def factor(self, t):
        return self.end**t
