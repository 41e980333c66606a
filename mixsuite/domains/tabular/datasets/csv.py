"""Your own table in a CSV file, csv:PATH:TARGET."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.tabular.datasets._table import rows_of
from mixsuite.errors import InputError


@dataclass(frozen=True)
class Csv(Dataset):
    """Your own table: a line of column names, then a line for each row; empty cells are missing values.

    Columns of numbers are standardised; the other columns are categories.

    path, target: the file (.csv, also compressed) and the column to predict, as in csv:data/loans.csv:defaulted.
    kind:         "class" or "regression".
    drop:         columns to leave out, such as ids, or what is known only afterwards.
    sep:          the separator between cells.
    """

    path: str
    target: str
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]
    drop: tuple[str, ...] = ()
    sep: str = ","

    domain = "tabular"
    recipe = "tabular_mlp"
    arguments = ("path", "target")
    source = "a file of your own"
    licence = "the file's own"

    def files(self, root):
        return [Path(self.path).expanduser()]

    def missing(self, path):
        return f"csv file '{path}' does not exist"

    def load(self, root):
        import pandas as pd

        (path,) = self.files(root)
        try:
            head = pd.read_csv(path, sep=self.sep, header=None, nrows=1, dtype=str).iloc[0].tolist()
            frame = pd.read_csv(path, sep=self.sep)
        except (
            ValueError,
            UnicodeDecodeError,
            OSError,
        ) as error:  # pandas' ParserError and EmptyDataError are ValueErrors
            raise InputError(f"{path}: cannot be read as a table: {' '.join(str(error).split())}") from None
        twice = sorted({str(name) for name in head if head.count(name) > 1})
        if twice:
            raise InputError(f"{path}: more than one column is called {', '.join(twice)}")
        return rows_of(frame, self.target, self.kind, self.drop, str(path))
