"""Ranges of values that a parameter may be tuned over: a method's class names them as its ``space``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


def _ordered(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"a range from {low} to {high}: the first number must be below the second, both finite")


@dataclass(frozen=True)
class Linear:
    """Numbers from low to high, all equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.low, self.high)

    def ends(self) -> tuple[Any, ...]:
        """The values at which the range ends."""
        return self.low, self.high

    def points(self, count: int) -> tuple[Any, ...]:
        """``count`` values from end to end, evenly spread, for a grid."""
        return tuple(self.low + (self.high - self.low) * place / (count - 1) for place in range(count))


@dataclass(frozen=True)
class Log:
    """Numbers from low to high, above 0, whose logarithms are all equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.low, self.high)
        if self.low <= 0:
            raise ValueError(f"a range from {self.low} to {self.high} on a log scale: both must be above 0")

    def ends(self) -> tuple[Any, ...]:
        """The values at which the range ends."""
        return self.low, self.high

    def points(self, count: int) -> tuple[Any, ...]:
        """``count`` values from end to end, each the same multiple of the last, for a grid."""
        return tuple(self.low * (self.high / self.low) ** (place / (count - 1)) for place in range(count))


@dataclass(frozen=True)
class Whole:
    """Whole numbers from low to high, both among them, all equally likely."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _ordered(self.low, self.high)
        if self.low != int(self.low) or self.high != int(self.high):
            raise ValueError(f"a range of whole numbers from {self.low} to {self.high}: both must be whole")

    def ends(self) -> tuple[Any, ...]:
        """The values at which the range ends."""
        return self.low, self.high

    def points(self, count: int) -> tuple[Any, ...]:
        """At most ``count`` whole numbers from end to end, for a grid."""
        spread = (round(self.low + (self.high - self.low) * place / (count - 1)) for place in range(count))
        return tuple(dict.fromkeys(spread))


@dataclass(frozen=True)
class Choice:
    """One of several values, all equally likely."""

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values or len(set(map(repr, self.values))) < len(self.values):
            raise ValueError(f"a choice of {list(self.values)}: at least one value, each once")

    def ends(self) -> tuple[Any, ...]:
        """Every value."""
        return self.values

    def points(self, count: int) -> tuple[Any, ...]:
        """Every value, for a grid, however many there are."""
        return self.values


Range = Linear | Log | Whole | Choice


def check_space(name: str, space: Any, parameters: set[str]) -> None:
    """Refuse a class's ``space`` that is none.

    Raises:
        TypeError: it is no dict, a value is no range, or a key is no parameter; the message says which.
    """
    if not isinstance(space, dict):
        raise TypeError(f"{name}: space must be a dict, parameter -> Linear, Log, Whole or Choice")
    for key, values in space.items():
        if not isinstance(values, Range):
            raise TypeError(f"{name}: space of {key!r} must be Linear, Log, Whole or Choice, is {values!r:.40}")
        if key not in parameters:
            raise TypeError(
                f"{name}: space names {key!r}, which is no parameter (there are: {', '.join(sorted(parameters))})"
            )
