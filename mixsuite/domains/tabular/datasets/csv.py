"""Your own table in a CSV file, csv:PATH:TARGET."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.base import own_path
from mixsuite.domains.tabular.datasets._parts import rows_of_parts
from mixsuite.domains.tabular.datasets._text import one_character, read_table


@dataclass(frozen=True)
class Csv(Dataset):
    """Your own table: a line of column names, then a line for each row; empty cells are missing values.

    Columns of numbers are standardised; the other columns are categories.

    path, target: the file (.csv, also compressed) and the column to predict, as in csv:data/loans.csv:defaulted.
    kind:         "class" or "regression".
    drop:         columns to leave out, such as ids, or what is known only afterwards.
    sep:          the separator between cells.
    decimal:      the decimal mark of numbers.
    na:           texts that stand for a missing value, such as ["?"].
    header:       "names", or "none" for a file whose first line is a row: its columns are called 1, 2, ....
    test_file:    a second file with the same columns: the official test part; "" for none.
    """

    path: str
    target: str
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]
    drop: tuple[str, ...] = ()
    sep: str = ","
    decimal: str = "."
    na: tuple[str, ...] = ()
    header: Literal["names", "none"] = "names"
    test_file: str = ""

    domain = "tabular"
    recipe = "tabular_mlp"
    arguments = ("path", "target")
    source = "a file of your own"
    licence = "the file's own"

    def __post_init__(self):
        super().__post_init__()
        one_character("sep", self.sep)
        if self.decimal not in (".", ",") or self.decimal == self.sep:
            raise ValueError(f'decimal={self.decimal!r}: allowed is "." or ",", and not the separator')

    def files(self, root):
        return [own_path(path) for path in (self.path, self.test_file) if path]

    def missing(self, path):
        return f"csv file '{path}' does not exist"

    def load(self, root):
        frames = [
            read_table(
                path, self.sep, self.decimal, self.header == "names", self.na,
                classes=self.target if self.kind == "class" else "",
            )
            for path in self.files(root)
        ]  # fmt: skip
        names = [self.path, *filter(None, [self.test_file])]
        parts = list(zip(names, (0, 2), frames, strict=False))
        return rows_of_parts(parts, self.target, self.kind, self.drop)
