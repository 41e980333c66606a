"""Which inner splits of its training rows a run's candidates are scored on."""

from __future__ import annotations

from math import ceil

from mixsuite.stats.fold import Fold

ENOUGH = 200  # scored rows at which one look is enough
FOLDS = 5
MOST_REPEATS = 3


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


def scored_on(folds: tuple[Fold, ...]) -> str:
    """The inner splits of a task, in words."""
    if folds[0].folds == 1:
        return "validation part"
    return f"{1 + folds[-1].repeat} x {folds[0].folds} folds"
