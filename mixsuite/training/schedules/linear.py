"""A learning rate that falls along a line."""

from dataclasses import dataclass

from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Linear(Schedule):
    """From lr to 0, which would be reached at the step after the last."""

    def factor(self, t):
        return 1 - t
