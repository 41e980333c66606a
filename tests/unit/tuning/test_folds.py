"""Which inner splits a task's candidates are scored on."""

import pytest

from mixsuite.stats.fold import Fold
from mixsuite.tuning.folds import folds_for, scored_on


def test_from_two_hundred_validation_rows_on_they_are_scored():
    assert folds_for(1000, 200) == folds_for(10, 5000) == (Fold(0, 1, 0),)
    assert len(folds_for(1000, 199)) == 5


def test_a_validation_part_that_training_looks_at_cannot_score():
    assert all(fold.folds == 5 for fold in folds_for(1000, 5000, valid_is_used=True))


@pytest.mark.parametrize(("train", "repeats"), [(200, 1), (199, 2), (100, 2), (99, 3), (67, 3), (10, 3), (0, 3)])
def test_folds_are_repeated_until_two_hundred_rows_are_scored_but_three_times_at_most(train, repeats):
    folds = folds_for(train, 0)
    assert [(f.number, f.folds, f.repeat) for f in folds] == [(k, 5, r) for r in range(repeats) for k in range(5)]


def test_inner_splits_in_words():
    assert scored_on((Fold(),)) == "validation part"
    assert scored_on(folds_for(100, 0)) == "2 x 5 folds"
