"""Splits: disjoint, drawn from the seed alone, of the sizes that were promised."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.split import count_classes, draw_split
from mixsuite.errors import InputError
from mixsuite.stats.fold import Fold
from mixsuite.tuning.folds import folds_for


@dataclass(frozen=True)
class Numbered(Dataset):
    domain = "tabular"
    classes = 3

    def load(self, root):
        raise NotImplementedError


def raw_of(n, part=None):
    return Raw(np.zeros((n, 1)), np.arange(n) % 3, part)


@settings(max_examples=60, deadline=None)
@given(st.integers(30, 200), st.integers(0, 1000), st.floats(0.2, 0.7), st.integers(3, 12))
def test_parts_are_disjoint_and_as_large_as_promised(n, seed, test, rows):
    rest = n - round(test * n)
    assume(rows <= rest - rest // 5)
    split = draw_split(Numbered(rows=rows, test=test), raw_of(n), seed)
    everything = np.concatenate([split.train, split.valid, split.test])
    assert len(np.unique(everything)) == len(everything)
    assert len(split.test) == round(test * n)
    assert len(split.train) == rows
    assert len(split.valid) == min(rows, rest // 5)


def test_all_rows_are_used_by_default_at_seventy_to_thirty():
    split = draw_split(Numbered(), raw_of(100), 0)
    assert (len(split.train), len(split.valid), len(split.test)) == (56, 14, 30)


def test_classes_keep_their_shares():
    y = np.repeat([0, 1, 2], [60, 30, 10])
    split = draw_split(Numbered(rows=30), Raw(y[:, None], y), 1)
    assert np.bincount(y[split.test]).tolist() == [18, 9, 3]
    assert np.bincount(y[split.train]).tolist() == [18, 9, 3]


def test_a_class_of_one_row_is_split_without_strata():
    y = np.array([0] * 40 + [1])
    split = draw_split(Numbered(), Raw(y[:, None], y), 0)
    assert len(split.test) == round(0.3 * 41)


def test_another_seed_is_another_split_and_the_same_seed_the_same():
    one, again, other = (draw_split(Numbered(), raw_of(90), s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.test, again.test)
    assert not np.array_equal(one.test, other.test)


def test_an_official_test_part_is_kept_and_validation_comes_out_of_training():
    part = np.repeat([0, 2], [80, 20])
    split = draw_split(Numbered(rows=30), raw_of(100, part), 0)
    np.testing.assert_array_equal(split.test, np.arange(80, 100))
    assert (len(split.train), len(split.valid)) == (30, 16)
    three = np.repeat([0, 1, 2], [60, 20, 20])
    split = draw_split(Numbered(), raw_of(100, three), 0)
    np.testing.assert_array_equal(split.valid, np.arange(60, 80))
    np.testing.assert_array_equal(split.train, np.arange(60))


def test_more_rows_than_there_are_is_an_error_that_names_the_most():
    with pytest.raises(InputError, match=r"rows=90: Numbered has 56 training rows"):
        draw_split(Numbered(rows=90), raw_of(100), 0)


def test_label_noise_hits_training_labels_alone_and_is_the_same_for_every_method():
    clean, noisy = (
        draw_split(Numbered(rows=40), raw_of(100), 0),
        draw_split(Numbered(rows=40, label_noise=1.0), raw_of(100), 0),
    )
    np.testing.assert_array_equal(clean.train, noisy.train)
    others = np.setdiff1d(np.arange(100), clean.train)
    np.testing.assert_array_equal(clean.y[others], noisy.y[others])
    changed = np.mean(clean.y[clean.train] != noisy.y[clean.train])
    assert 0.4 < changed < 0.9  # drawn over all classes: two thirds on average
    np.testing.assert_array_equal(noisy.y, draw_split(Numbered(rows=40, label_noise=1.0), raw_of(100), 0).y)


@pytest.mark.parametrize("values", [{"rows": 1}, {"test": 0.0}, {"test": 1.0}, {"label_noise": 1.5}])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        Numbered(**values)


def test_the_split_of_a_seed_is_what_it_was():
    split = draw_split(Numbered(rows=4, test=0.3), raw_of(12), 0)
    assert [part.tolist() for part in (split.train, split.valid, split.test)] == [[4, 5, 6, 10], [8], [0, 3, 7, 11]]


@pytest.mark.parametrize("valid", [0.0, 0.2, 0.5])
def test_the_validation_part_is_a_share_of_what_the_test_part_left(valid):
    split = draw_split(Numbered(valid=valid), raw_of(100), 0)
    assert (len(split.test), len(split.valid), len(split.train)) == (30, int(70 * valid), 70 - int(70 * valid))


def test_rows_of_official_parts_alone_are_used():
    part = np.repeat([0, 1, 2, 3], [60, 20, 20, 10])
    split = draw_split(Numbered(rows=30), raw_of(110, part), 0)
    np.testing.assert_array_equal(split.valid, np.arange(60, 80))
    assert set(split.train) <= set(range(60))
    assert len(split.train) == 30


def test_labels_that_are_no_classes_are_split_without_strata():
    y = np.random.default_rng(0).normal(size=(50, 2))
    split = draw_split(Numbered(rows=20), Raw(y, y), 0)
    assert (len(split.train), len(split.test)) == (20, 15)
    assert split.y is y


@pytest.mark.parametrize(
    ("y", "count"),
    [(np.array([0, 4, 1]), 3), (np.zeros((5, 4)), 4), (np.zeros((5, 1)), 1)],
)
def test_outputs_are_counted_by_the_data_set_or_by_its_targets(y, count):
    assert count_classes(Numbered(), Raw(y, y)) == count


def test_classes_that_are_not_declared_are_those_that_targets_show():
    class Open(Numbered):
        classes = 0

    class Number(Numbered):
        kind = "regression"

    y = np.array([0, 4, 1])
    assert count_classes(Open(), Raw(y, y)) == 5
    assert count_classes(Number(), Raw(y, y)) == 1


def folds_of(train, valid, dataset, raw, seed):
    return [(fold, draw_split(dataset, raw, seed, fold)) for fold in folds_for(train, valid)]


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 400), st.integers(0, 1000), st.floats(0.2, 0.6), st.booleans(), st.booleans())
def test_inner_splits_are_of_the_training_rows_alone(n, seed, test, official, noisy):
    """Folds are disjoint, cover the outer training rows, and have no row of the outer test or validation part."""
    part = np.where(np.arange(n) % 5 == 0, 2, 0) if official else None
    dataset, raw = Numbered(test=test, label_noise=0.3 * noisy), raw_of(n, part)
    outer = draw_split(dataset, raw, seed)
    splits = folds_of(len(outer.train), 0, dataset, raw, seed)
    for repeat in {fold.repeat for fold, _ in splits}:
        scored = [split.test for fold, split in splits if fold.repeat == repeat]
        np.testing.assert_array_equal(np.sort(np.concatenate(scored)), outer.train)
        assert max(map(len, scored)) - min(map(len, scored)) <= 1
    for _, split in splits:
        np.testing.assert_array_equal(np.sort(np.concatenate([split.train, split.test])), outer.train)
        np.testing.assert_array_equal(split.valid, outer.valid)
        np.testing.assert_array_equal(split.y, outer.y)
        assert not set(split.test) & {*outer.test, *outer.valid}
        counts = np.bincount(outer.y[outer.train], minlength=3)
        assert (np.abs(np.bincount(outer.y[split.test], minlength=3) - counts / 5) <= 1).all()


def test_a_large_validation_part_is_scored_whole():
    outer = draw_split(Numbered(valid=0.4), raw_of(1000), 3)
    ((fold, inner),) = folds_of(len(outer.train), len(outer.valid), Numbered(valid=0.4), raw_of(1000), 3)
    assert fold == Fold()
    np.testing.assert_array_equal(inner.test, outer.valid)
    np.testing.assert_array_equal(inner.train, outer.train)
    assert len(inner.valid) == 0


def test_repeats_and_seeds_cut_in_other_ways():
    cuts = [draw_split(Numbered(), raw_of(90), seed, Fold(0, 5, repeat)).test for seed in (0, 1) for repeat in (0, 1)]
    assert len({tuple(cut) for cut in cuts}) == 4


def test_targets_that_are_no_classes_are_cut_too():
    @dataclass(frozen=True)
    class Values(Numbered):
        kind = "regression"

    raw = Raw(np.zeros((60, 1)), np.arange(60) / 7, None)
    outer = draw_split(Values(), raw, 0)
    parts = [split.test for _, split in folds_of(len(outer.train), 0, Values(), raw, 0)][:5]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), outer.train)


def test_too_few_rows_to_cut_are_refused():
    with pytest.raises(InputError, match="3 training rows cannot be cut into 5 folds to choose a setting on"):
        draw_split(Numbered(rows=3), raw_of(60), 0, Fold(0, 5))
