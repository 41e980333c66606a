"""Inner splits: the rows, all of them training rows of a run, on which its setting is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

ENOUGH = 200  # scored rows at which one look is enough
FOLDS = 5
MOST_REPEATS = 3


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


def folds_for(train: int, valid: int, valid_is_used: bool = False) -> tuple[Fold, ...]:
    """The inner splits on which every candidate of a task is scored, the same for all methods.

    From 200 validation rows on, the validation part is scored. Below that it is 5-fold cross-validation within the
    training part, repeated with other cuts until 200 rows have been scored, at most three times. (Five folds, 200 rows
    and three repeats are our choice.)

    Args:
        train: number of the run's training rows.
        valid: number of its validation rows.
        valid_is_used: whether training looks at the validation part, which then cannot score.
    """
    if valid >= ENOUGH and not valid_is_used:
        return (Fold(),)
    repeats = min(MOST_REPEATS, ceil(ENOUGH / max(train, 1)))
    return tuple(Fold(number, FOLDS, repeat) for repeat in range(repeats) for number in range(FOLDS))
