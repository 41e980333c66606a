"""The primary metric: its name, its direction, and its optimum."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Primary:
    """The metric that verdicts, ranks and gates are based on.

    name:    as records call it.
    better:  the direction in which it improves.
    optimum: its best possible value, from which margins are measured.
    """

    name: str
    better: Better = "lower"
    optimum: float = 0.0

    def __post_init__(self) -> None:
        if self.better not in ("lower", "higher") or not isfinite(self.optimum):
            raise ValueError(f"{self.name}: better is 'lower' or 'higher', and the optimum is a number")

    @property
    def sign(self) -> int:
        """1 if lower is better, else -1: times a difference, it is negative where the metric improves."""
        return 1 if self.better == "lower" else -1

    @property
    def is_share(self) -> bool:
        """Whether effects and margins are given in the metric's own units: an error is a share of rows."""
        return self.name == "error"

    def distance(self, value: float) -> float:
        """How far a value is from the optimum: of an error or an RMSE the value itself, of an AUC 1 - AUC."""
        return abs(value - self.optimum)

    def unit(self, reference: float) -> float:
        """The unit in which effects and margins are given as numbers, for a reference's mean.

        It is 1 for the error, and else the reference's distance from the optimum.
        """
        return 1.0 if self.is_share else self.distance(reference)
