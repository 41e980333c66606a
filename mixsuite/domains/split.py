"""Split a data set into train, validation and test: officially where possible, otherwise by the run's seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.errors import InputError
from mixsuite.mixing.rng import stream
from mixsuite.stats.fold import Fold


class Split(NamedTuple):
    """Row numbers of each part, ascending, and the labels as trained. Parts are disjoint."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    y: np.ndarray  # [n, ...] all rows' targets, the training rows' with label noise


def _take(
    rows: np.ndarray, count: int, labels: np.ndarray | None, draws: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """(count rows drawn, the rest), stratified by label if every class can have rows on both sides.

    A class with a single row cannot: its row is among the rest, if there is room for it.
    """
    if count <= 0:
        return rows[:0], rows
    if count >= len(rows):
        return rows, rows[:0]
    strata, single = None, rows[:0]
    if labels is not None:
        _, place, sizes = np.unique(labels[rows], return_inverse=True, return_counts=True)
        alone, classes = sizes[place] < 2, int((sizes >= 2).sum())
        others = rows[~alone]
        if classes and min(count, len(others) - count) >= classes:
            rows, single, strata = others, rows[alone], labels[others]
    from sklearn.model_selection import train_test_split  # takes a second; naming a domain needs none of it

    taken, rest = train_test_split(rows, train_size=count, stratify=strata, random_state=draws)
    return np.sort(taken), np.sort(np.concatenate([rest, single]))


def draw_split(dataset: Dataset, raw: Raw, seed: int, fold: Fold | None = None) -> Split:
    """Draw the split of one run; for one seed every method sees the same split.

    The test part is the official one, or else ``dataset.test`` of all rows. Then the validation part is the official
    one, or else ``dataset.valid`` of the rest, but no more than the training rows; it may be empty. Then the training
    part is ``dataset.rows`` of the rest, or all of it.

    fold: an inner split of the run: its test part is the fold, or the validation part.

    Raises:
        InputError: there are fewer training rows than ``dataset.rows``, or than folds.
    """
    draws = stream(seed, "split")
    n = len(raw.y)
    labels = raw.y if dataset.kind == "class" and raw.y.ndim == 1 else None
    everything = np.arange(n)
    if raw.split_id is None:
        test, rest = _take(everything, round(dataset.test * n), labels, draws)
        valid = None
    else:
        test, rest = everything[raw.split_id == 2], everything[raw.split_id != 2]
        valid = everything[raw.split_id == 1] if (raw.split_id == 1).any() else None
    if valid is None:
        train_rows = len(rest) if dataset.rows is None else dataset.rows
        valid, rest = _take(rest, min(train_rows, int(dataset.valid * len(rest))), labels, draws)
    else:
        rest = everything[raw.split_id == 0]
    if dataset.rows is not None and dataset.rows > len(rest):
        raise InputError(f"rows={dataset.rows}: {type(dataset).__name__} has {len(rest)} training rows at most")
    train, _ = _take(rest, len(rest) if dataset.rows is None else dataset.rows, labels, draws)
    split = Split(train, valid, test, _noisy(dataset, raw, train, seed))
    return split if fold is None else _inner(split, fold, labels is not None, seed)


def _inner(split: Split, fold: Fold, has_classes: bool, seed: int) -> Split:
    """The inner split of a run's split: none of its rows is of the test part.

    Rows are dealt to the folds in turn, class by class as they are trained, so that folds and the classes in them are
    of one size up to a row. Every repeat deals them in an order of its own.
    """
    if fold.folds == 1:
        return Split(split.train, split.train[:0], split.valid, split.y)
    if fold.folds > len(split.train):
        raise InputError(
            f"{len(split.train)} training rows cannot be cut into {fold.folds} folds to choose a setting on"
        )
    rows = split.train[stream(seed, f"fold/{fold.repeat}").permutation(len(split.train))]
    if has_classes:
        rows = rows[np.argsort(split.y[rows], kind="stable")]
    scored = np.arange(len(rows)) % fold.folds == fold.number
    return Split(np.sort(rows[~scored]), split.valid, np.sort(rows[scored]), split.y)


def count_classes(dataset: Dataset, raw: Raw) -> int:
    """The number of outputs that a model needs: classes, labels, or numbers to predict."""
    if dataset.kind == "class" and raw.y.ndim == 1:
        return dataset.classes or int(raw.y.max()) + 1
    return 1 if raw.y.ndim == 1 else raw.y.shape[1]


def _noisy(dataset: Dataset, raw: Raw, train: np.ndarray, seed: int) -> np.ndarray:
    if not dataset.label_noise:
        return raw.y
    draws = stream(seed, "label_noise")
    hit = train[draws.permutation(len(train))[: round(dataset.label_noise * len(train))]]
    y = raw.y.copy()
    y[hit] = draws.randint(0, count_classes(dataset, raw), len(hit))
    return y
