"""From the frames of one table's parts to rows: the parts must be of one form."""

import numpy as np
import pandas as pd

from mixsuite.domains import Raw
from mixsuite.domains.tabular.datasets._table import rows_of
from mixsuite.errors import InputError


def rows_of_parts(frames, target, kind, drop):
    """Join the parts of a table, and separate the target's column as ``rows_of`` does.

    Args:
        frames: (name for messages, 0 training, 1 validation or 2 test, frame) of each part; of a table without parts
            one, whose number does not matter.
        target: name of the column to predict.
        kind: "class" or "regression".
        drop: names of columns to leave out.

    Raises:
        InputError: a part has no rows, two parts have other columns, a column is numbers in one and texts in the other,
            the test part has the first one's rows, or ``rows_of`` refuses the table.
    """
    for name, _, frame in frames:
        if not len(frame):
            raise InputError(f"{name}: has no rows")
    (what, _, first), *others = frames
    if not others:
        return rows_of(first, target, kind, drop, what)
    for name, number, frame in others:
        if number == 2 and frame.equals(first):
            raise InputError(f"{name}: has the rows of {what}; a test part needs rows of its own")
        if list(frame.columns) != list(first.columns):
            raise InputError(f"{name}: its columns are not those of {what}, in the same order")
        for column in first.columns:
            one, other = first[column], frame[column]
            if _is_number(one) != _is_number(other) and one.notna().any() and other.notna().any():
                raise InputError(f"{name}: column '{column}' has numbers in one file and texts in the other")
    joined = pd.concat([frame for _, _, frame in frames], ignore_index=True)
    raw = rows_of(joined, target, kind, drop, what)
    return Raw(raw.x, raw.y, np.repeat([number for _, number, _ in frames], [len(frame) for _, _, frame in frames]))


def _is_number(column):
    """Whether a column has numbers; True and False are none, with or without empty cells."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
