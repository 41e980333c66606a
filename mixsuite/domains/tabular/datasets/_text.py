"""Read a table from a text file, with nothing guessed: every row must have the header's cells."""

import bz2
import csv
import gzip
import lzma
import re

import pandas as pd

from mixsuite.errors import InputError

_NUMBER = r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*"


def read_table(path, sep=",", decimal=".", header=True, na=()):
    """Read a text file as a frame. Columns without a header are called 1, 2, ....

    Args:
        path: of the file, plain or compressed (.gz, .bz2, .xz).
        sep: the separator between cells, one character.
        decimal: the decimal mark of numbers.
        header: whether the first line gives the columns' names.
        na: texts that stand for a missing value, besides an empty cell and what pandas takes for one (NA, nan, ...).

    Raises:
        InputError: the file cannot be read, a row has more or fewer cells than the first line, two columns have one
            name, or a column has numbers and a few other texts.
    """
    try:
        names, count = _measure(path, sep, header)
        frame = pd.read_csv(
            path, sep=sep, decimal=decimal, header=0 if header else None, names=names, index_col=False,
            na_values=list(na), encoding="utf-8-sig", low_memory=False, float_precision="round_trip",
        )  # fmt: skip
    except InputError:
        raise
    except (ValueError, OSError, EOFError, OverflowError, csv.Error, lzma.LZMAError) as error:
        # A UnicodeDecodeError and pandas' own errors are ValueErrors.
        raise InputError(f"{path}: cannot be read as a table: {' '.join(str(error).split())}") from None
    if len(frame) != count:
        raise InputError(f"{path}: its rows cannot be told apart ({count} or {len(frame)}): a quote is not closed?")
    for name in frame.columns:
        _refuse_mixed(path, name, frame[name])
    return frame


def _measure(path, sep, header):
    """(the columns' names, the number of rows), all of them of one width."""
    with _opened(path) as file:
        rows = csv.reader(file, delimiter=sep, strict=True)
        first = next((row for row in rows if row), None)
        if first is None:
            raise InputError(f"{path}: cannot be read as a table: it is empty")
        names = first if header else [str(place) for place in range(1, len(first) + 1)]
        if "" in names:
            place = names.index("") + 1
            raise InputError(f"{path}: column {place} has no name (an index that was written with the table?): name it")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"{path}: more than one column is called {', '.join(twice)}")
        count = 0 if header else 1
        for row in rows:
            if row and len(row) != len(names):
                where = f"{path}, line {rows.line_num}: {len(row)} cells, but the first line has {len(names)}"
                raise InputError(f"{where}; is the separator another one (sep=), or a line too long?")
            count += bool(row)
    return names, count


def _opened(path):
    packed = {".gz": gzip, ".bz2": bz2, ".xz": lzma}.get(path.suffix)
    how = {"encoding": "utf-8-sig", "newline": ""}
    return packed.open(path, "rt", **how) if packed else path.open(**how)


def _refuse_mixed(path, name, values):
    """Refuse a column that has numbers and a few other texts: it would pass for a category.

    Raises:
        InputError: the column is of this kind; the message says what may be meant.
    """
    if pd.api.types.is_numeric_dtype(values):
        return
    texts = values.dropna().astype(str)
    number = texts.str.fullmatch(_NUMBER)
    if number.mean() <= 0.5 or texts.nunique() <= 2:
        return
    what = f"{path}: column '{name}' has numbers"
    if number.all():
        why = 'with a decimal comma, say (decimal=",")' if texts.str.contains(",").any() else "they are too large"
        raise InputError(f"{what} such as '{texts.iloc[0]}': {why}")
    other = texts[~number].iloc[0]
    many = int((~number).sum())
    raise InputError(f"{what} and other texts ({many}, as '{other}'): for what means no value, say (na=[\"{other}\"])")


def one_character(what, text):
    """Check a separator or decimal mark.

    Raises:
        ValueError: it is not one character, or one that cannot separate.
    """
    if len(text) != 1 or re.fullmatch(r"[\w\"\r\n]", text):
        raise ValueError(f'{what}={text!r}: allowed is one character, such as "," or ";"')
