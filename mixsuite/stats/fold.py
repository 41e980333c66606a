"""Inner splits: the rows, all of them training rows of a run, on which its setting is chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fold:
    """Which rows of a run's own split train and score a candidate. No row of its test part does either.

    number:  which of the folds is scored, from 0.
    folds:   into how many the run's training part is cut, by the seed; 1: nothing is cut, and the run's validation part
             is scored.
    repeat:  which of several cuts, from 0.

    Raises:
        ValueError: there is no such fold.
    """

    number: int = 0
    folds: int = 1
    repeat: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.folds or self.repeat < 0:
            raise ValueError(f"fold {self.number} of {self.folds}, repeat {self.repeat}: there is no such fold")
