"""A constant learning rate."""

from dataclasses import dataclass

from mixsuite.training.schedule import Schedule


@dataclass(frozen=True)
class Constant(Schedule):
    """The recipe's lr, all along."""

    def factor(self, t):
        return 1.0
