"""Read a table from a text file, with nothing guessed: every row must have the header's cells."""

import bz2
import csv
import gzip
import lzma
import re

import pandas as pd

from mixsuite.errors import InputError

_NO_VALUE = {"?", "-", "--", ".", "*", "missing", "unknown", "none", "n.a.", "na.", "undefined"}  # in lower case
_NUMBER = r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*"
# 12 %, 1 000, 1,234.50, -0.5 with a typographer's minus, $ 3: numbers to a reader, and texts to a program.
_DRESSED = r"\s*[$€£¥]?\s*[-+\u2212\u2013]?(\d+|\d{1,3}([ \u00a0\u202f,.'\u2019_]\d{3})+)([.,]\d+)?\s*[%$€£¥]?\s*"


def read_table(path, sep=",", decimal=".", header=True, na=(), classes=""):
    """Read a text file as a frame. Columns without a header are called 1, 2, ....

    Args:
        path: of the file, plain or compressed (.gz, .bz2, .xz).
        sep: the separator between cells, one character.
        decimal: the decimal mark of numbers.
        header: whether the first line gives the columns' names.
        na: texts that stand for a missing value, besides an empty cell and what pandas takes for one (NA, nan, ...).
        classes: name of the column whose values are classes, if there is one.

    Raises:
        InputError: the file cannot be read, a row has more or fewer cells than the first line, two columns have one
            name, a column has numbers and a few other texts, or two of its codes would be one number (01 and 1; for
            classes 1.1 and 1.10 too).
    """
    try:
        names, count, zeros = _measure(path, sep, header)
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
        _refuse_mixed(path, name, frame[name], decimal)
    truths = [name for name in frame.columns if frame[name].map(lambda cell: isinstance(cell, bool)).any()]
    if truths:  # texts as they are written: TRUE in one file is TRUE in another
        frame = frame.assign(**pd.read_csv(
            path, sep=sep, header=0 if header else None, names=names, index_col=False, usecols=truths, dtype=str,
            na_values=list(na), encoding="utf-8-sig",
        ))  # fmt: skip
    codes = [
        name for place, name in enumerate(names)
        if (place in zeros or name == classes) and pd.api.types.is_numeric_dtype(frame[name])
    ]  # fmt: skip
    if codes:
        texts = pd.read_csv(
            path, sep=sep, header=0 if header else None, names=names, index_col=False, usecols=codes, dtype=str,
            na_values=list(na), encoding="utf-8-sig",
        )  # fmt: skip
        for name in codes:
            written = texts[name].dropna().astype(object).str.strip()
            _refuse_codes(path, name, written if name == classes else written[written.str.fullmatch(r"\d+")], frame)
    return frame


def _measure(path, sep, header):
    """(the columns' names, the number of rows, places of columns with a leading zero); all rows have one width."""
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
        count, zeros = 0 if header else 1, set[int]()
        for row in [] if header else [first]:
            zeros |= _leading_zeros(row)
        for row in rows:
            if row and len(row) != len(names):
                where = f"{path}, line {rows.line_num}: {len(row)} cells, but the first line has {len(names)}"
                raise InputError(f"{where}; is the separator another one (sep=), or a line too long?")
            if any("\0" in cell for cell in row):
                raise InputError(f"{path}, line {rows.line_num}: a cell with a zero byte: is this a text file?")
            count += bool(row)
            zeros |= _leading_zeros(row)
    return names, count, zeros


def _leading_zeros(row):
    return {place for place, cell in enumerate(row) if cell.lstrip()[:1] == "0" and cell.lstrip()[1:2].isdigit()}


def _opened(path):
    packed = {".gz": gzip, ".bz2": bz2, ".xz": lzma}.get(path.suffix)
    how = {"encoding": "utf-8-sig", "newline": ""}
    return packed.open(path, "rt", **how) if packed else path.open(**how)


def _refuse_codes(path, name, texts, frame):
    """Refuse a column of numbers in which two texts would become one number.

    texts: those that may be codes, by their row's label in the frame.

    Raises:
        InputError: there are such; the message names them.
    """
    texts = texts.drop_duplicates()
    numbers = frame[name].loc[texts.index]
    twice = numbers.duplicated(keep=False)
    if twice.any():
        one, other = sorted(texts[numbers == numbers[twice].iloc[0]])[:2]
        raise InputError(
            f"{path}: column '{name}' has {one} and {other}, which would be one number; if they are codes, write "
            f"them with a letter, if not, alike"
        )


def _refuse_mixed(path, name, values, decimal):
    """Refuse a column that has numbers and a few other texts: it would pass for a category.

    Raises:
        InputError: the column is of this kind; the message says what may be meant.
    """
    if pd.api.types.is_numeric_dtype(values):
        return
    texts = values.dropna().astype(str).astype(object)  # so that Python matches, with pyarrow installed or not
    number = texts.str.fullmatch(_NUMBER)
    dressed = texts.str.fullmatch(_DRESSED) & ~number
    if dressed.any() and (dressed | number).all() and texts.nunique() > 2:
        raise InputError(
            f"{path}: column '{name}' has numbers such as '{texts[dressed].iloc[0]}', which would be categories: write "
            "them with digits, a minus and a decimal mark alone; if they are categories, add a letter"
        )
    others = set(texts[~number].str.strip().str.lower())
    placeholder = len(others) == 1 and others <= _NO_VALUE and texts[number].nunique() > 2
    if not placeholder and (number.mean() <= 0.5 or texts.nunique() <= 2):
        return
    what = f"{path}: column '{name}' has numbers"
    if number.all():
        mark = "," if decimal == "." else "."
        marked = texts[texts.str.contains(mark, regex=False)]
        if not len(marked):
            raise InputError(f"{what} that are too large, such as '{texts.iloc[0]}'")
        why = f'for decimal marks say (decimal="{mark}"), or write thousands without a mark'
        raise InputError(f"{what} such as '{marked.iloc[0]}': {why}")
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
