"""From a frame with a target column to rows, for data sets made of any table."""

import numpy as np
import pandas as pd

from mixsuite.domains import Raw
from mixsuite.errors import InputError, unknown

MOST_CLASSES = 100


def rows_of(frame: pd.DataFrame, target: str, kind: str, drop: tuple[str, ...], what: str) -> Raw:
    """Separate the target's column from the others. Classes are numbered in the order of their sorted names.

    Args:
        frame: the table.
        target: name of the column to predict.
        kind: "class" or "regression".
        drop: names of columns to leave out.
        what: the table's name, for error messages.

    Raises:
        InputError: a column is missing or has its name twice, the target has gaps or is not of its kind, or a text
            column is no category.
    """
    columns = list(map(str, frame.columns))
    frame = frame.set_axis(columns, axis=1)
    if len(set(columns)) < len(columns):
        raise InputError(f"{what}: two columns have the same name")
    for name in (target, *drop):
        if name not in columns:
            raise unknown(f"column of {what}", name, columns)
    y, x = frame[target], frame.drop(columns=[target, *drop])
    if not x.shape[1]:
        raise InputError(f"{what}: no column is left beside the target '{target}'")
    if y.isna().any():
        row = int(np.flatnonzero(y.isna())[0]) + 1
        gaps = f"{int(y.isna().sum())} rows (row {row} first)"
        raise InputError(
            f"{what}: the target '{target}' is missing in {gaps}; an empty cell, NA, None and nan stand for no value"
        )
    for name in x.columns:
        texts, present = x[name].nunique(), int(x[name].notna().sum())
        if not pd.api.types.is_numeric_dtype(x[name]) and texts > 20 and texts > present / 2:
            many = f"column '{name}' has {texts} different texts in {present} rows"
            raise InputError(f"{what}: {many}; it is no category: leave it out, (drop=[{name}])")
    if kind == "regression":
        if not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y):
            raise InputError(f"{what}: the target '{target}' is no number ('{y.iloc[0]}'); leave kind as \"class\"")
        return Raw(x, y.to_numpy(dtype=np.float64))
    codes, names = pd.factorize(y, sort=True)
    if len(names) > min(MOST_CLASSES, len(y) // 2):
        raise InputError(
            f"{what}: the target '{target}' has {len(names)} different values in {len(y)} rows; "
            "for a number to predict, add (kind=regression)"
        )
    return Raw(x, codes.astype(np.int64))
