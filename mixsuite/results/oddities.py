"""What is odd about a data set's rows: it can be trained on, and yet may not be what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mixsuite.data.rows import Data, Raw
from mixsuite.domains.base import Dataset

_ALONE = 0.98  # the share of rows that one column tells right by itself, from which on it is called out
_FEWEST, _ROWS = 50, 20_000  # rows that a column is tried on
_SHOWN = 5


def oddities(dataset: Dataset, raw: Raw, data: Data) -> list[str]:
    """Call out what a user should look at, one sentence each.

    Args:
        dataset: the data set.
        raw: its rows, as they were read.
        data: its rows, split and encoded for one seed.
    """
    return [*_not_finite(raw), *_rare_classes(dataset, raw, data), *_columns(dataset, raw)]


def _leaves(x: Any) -> Iterator[np.ndarray]:
    if isinstance(x, tuple | list):
        for leaf in x:
            yield from _leaves(leaf)
    elif isinstance(x, np.ndarray):
        yield x


def _not_finite(raw: Raw) -> Iterator[str]:
    """Rows with NaN or infinite numbers. A table's missing numbers are no such: they are counted with its columns."""
    if hasattr(raw.x, "select_dtypes"):
        numbers = raw.x.select_dtypes("number").to_numpy(np.float64, na_value=np.nan)
        bad, what = np.isinf(numbers).any(1), "infinite numbers"
    else:
        bad = np.array([not all(map(_finite, _leaves(row))) for row in raw.x])
        what = "numbers that are NaN or infinite"
    if bad.any():
        yield f"{int(bad.sum())} rows have {what} (row {int(np.argmax(bad))} first)"


def _finite(leaf: np.ndarray) -> bool:
    return leaf.dtype.kind not in "fc" or bool(np.isfinite(leaf).all())


def _rare_classes(dataset: Dataset, raw: Raw, data: Data) -> Iterator[str]:
    """Classes with a single row, and classes of the test part that the training part lacks."""
    if dataset.kind != "class" or raw.y.ndim != 1:
        return
    classes, sizes = np.unique(raw.y, return_counts=True)
    single = classes[sizes == 1].astype(int).tolist()
    if single:
        yield f"classes with a single row: {_listed(single)}"
    only = sorted(set(data.test.y.tolist()) - set(data.train.y.tolist()))
    if only:
        yield f"for seed 0 the test part has classes that the training part lacks: {_listed(only)}"


def _listed(values: list[Any]) -> str:
    return ", ".join(map(str, values[:_SHOWN])) + ", ..." * (len(values) > _SHOWN)


def _columns(dataset: Dataset, raw: Raw) -> Iterator[str]:
    """Columns that look like an id, or that tell the target by themselves."""
    if not hasattr(raw.x, "columns"):
        return
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    for name in raw.x.columns:
        column = raw.x[name]
        if is_numeric_dtype(column) and not is_bool_dtype(column) and len(column) > 2:
            values = column.to_numpy(np.float64, na_value=np.nan)
            steps = np.diff(values)
            whole = bool(np.isfinite(values).all()) and bool((values == np.round(values)).all())
            if whole and (bool((steps > 0).all()) or bool((steps < 0).all())):
                yield f"column '{name}' rises or falls from row to row, as an id does; leave it out with drop=[{name}]"
                continue
            if whole and len(np.unique(values)) == len(values):
                yield f"column '{name}' has another whole number in each row, as an id does; is it meant?"
        if dataset.kind == "class" and raw.y.ndim == 1 and (share := _tells(column, raw.y)) >= _ALONE:
            yield f"column '{name}' tells the class by itself in {share:.1%} of rows; was it known beforehand?"


def _tells(column: Any, y: np.ndarray) -> float:
    """The share of held-out rows whose class a small tree tells by one column alone."""
    from scipy.stats import rankdata
    from sklearn.model_selection import cross_val_score
    from sklearn.preprocessing import OrdinalEncoder
    from sklearn.tree import DecisionTreeClassifier

    place = np.random.default_rng(0).permutation(len(y))[:_ROWS]
    y = y[place]
    sizes = np.unique(y, return_counts=True)[1]
    if len(y) < _FEWEST or sizes.min() < 3 or sizes.max() > _ALONE * len(y):
        return 0.0
    values = column.iloc[place]
    if values.dtype.kind not in "biuf":
        values = OrdinalEncoder().fit_transform(values.astype(str).to_numpy()[:, None])[:, 0]
    numbers = np.asarray(values, dtype=np.float64)
    x = np.where(np.isnan(numbers), 0, rankdata(numbers, method="dense", nan_policy="omit"))[:, None]
    return float(cross_val_score(DecisionTreeClassifier(max_leaf_nodes=64, random_state=0), x, y, cv=3).mean())
