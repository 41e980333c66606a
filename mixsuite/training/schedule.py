"""The contract of a schedule: how the learning rate falls over a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class Schedule(ABC):
    """A schedule by name, with its parameters. Write ``factor``."""

    @abstractmethod
    def factor(self, t: float) -> float:
        """The learning rate at a share t of the run, in [0, 1), as a share of the recipe's lr."""


def learning_rates(recipe: Recipe, schedule: Schedule, steps: int) -> list[float]:
    """The learning rate of each of ``steps`` steps, with the recipe's warmup.

    Raises:
        ValueError: the schedule gives what is no finite number from 0.
    """
    warm, rates = recipe.warmup * steps, []
    for step in range(steps):
        factor = schedule.factor(step / steps)
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor < 1e9:
            what = f"factor({step / steps:.4g}) must be a number from 0, is {factor!r:.40}"
            raise ValueError(f"schedule {type(schedule).__name__}: {what}")
        rates.append(recipe.lr * factor * min(1.0, (step + 1) / warm if warm else 1.0))
    return rates
