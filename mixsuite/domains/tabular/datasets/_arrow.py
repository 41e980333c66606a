"""From the columns of an Arrow table to a frame, with the types that the file has."""

import re

import numpy as np
import pandas as pd

from mixsuite.errors import InputError, unknown

_ALLOWED = "numbers, truths, texts and categories of texts or whole numbers"


def frame_of(table, target, drop, what):
    """Convert a pyarrow.Table to a frame.

    Integers and floats are numbers; a missing one is NaN, and so is all of a column without a type. Texts, truths
    ("True" and "False") and dictionaries, which are categories, are texts.

    Args:
        table: the pyarrow.Table.
        target: name of the column to predict, which is kept in any case.
        drop: names of columns to leave out; their types do not matter.
        what: the table's name, for error messages.

    Raises:
        InputError: a column is missing, has no name or another one's, or a type that has no one meaning here.
    """
    names = table.schema.names
    for name in (target, *drop):
        if name not in names:
            raise unknown(f"column of {what}", name, names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{what}: more than one column is called {', '.join(twice)}")
    columns = {}
    for place, name in enumerate(names):
        if name in drop and name != target:
            continue
        if not name:
            raise InputError(f"{what}: column {place + 1} has no name: name it")
        if re.fullmatch(r"__index_level_\d+__", name):
            raise InputError(
                f"{what}: column '{name}' is an index that pandas has written: leave it out, (drop=[{name}])"
            )
        columns[name] = _column(table.column(place), name, what)
    return pd.DataFrame(columns)


def _column(values, name, what):
    """One column of a frame. values: a pyarrow.ChunkedArray [n]."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan)
    if pa.types.is_integer(kind):
        return values.to_numpy()
    if pa.types.is_floating(kind):
        return values.to_numpy().astype(np.float64)
    if pa.types.is_boolean(kind) or _is_text(kind):
        return pd.Series([None if value is None else str(value) for value in values.to_pylist()], dtype="str")
    if pa.types.is_dictionary(kind) and (pa.types.is_integer(kind.value_type) or _is_text(kind.value_type)):
        return pd.Series(np.concatenate([np.empty(0, object), *map(_decoded, values.chunks)]), dtype="str")
    raise InputError(f"{what}: column '{name}' is {kind}; allowed are {_ALLOWED}: write it as one, or (drop=[{name}])")


def _is_text(kind):
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _decoded(chunk):
    """The texts [n] of a pyarrow.DictionaryArray, None for a missing one; rows of one code share one text."""
    import pyarrow as pa

    texts = [None if value is None else str(value) for value in chunk.dictionary.to_pylist()]
    codes = chunk.indices.cast(pa.int64()).fill_null(len(texts)).to_numpy()
    return np.array([*texts, None], dtype=object)[codes]
