"""Your own table in a Parquet or Feather file, table:PATH:TARGET."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.arrow_files import read_columns
from mixsuite.domains.base import own_path
from mixsuite.domains.tabular.datasets._arrow import frame_of
from mixsuite.domains.tabular.datasets._parts import rows_of_parts


@dataclass(frozen=True)
class Table(Dataset):
    """Your own table in a Parquet or Feather file, whose columns have the types that the file says.

    Columns of numbers are standardised; texts, truths and categories are categories.

    path, target: the file and the column to predict, as in table:data/loans.parquet:defaulted.
    kind:         "class" or "regression".
    drop:         columns to leave out, such as ids, dates, or what is known only afterwards.
    test_file:    a second file with the same columns: the official test part; "" for none.
    """

    path: str
    target: str
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]
    drop: tuple[str, ...] = ()
    test_file: str = ""

    domain = "tabular"
    recipe = "tabular_mlp"
    arguments = ("path", "target")
    requires = ("pyarrow",)
    source = "a file of your own"
    licence = "the file's own"

    def files(self, root):
        return [own_path(path) for path in (self.path, self.test_file) if path]

    def missing(self, path):
        return f"table file '{path}' does not exist{', but a folder: name one file in it' if path.is_dir() else ''}"

    def load(self, root):
        names = [self.path, *filter(None, [self.test_file])]
        frames = [
            (name, part, frame_of(read_columns(path), self.target, self.drop, name))
            for name, part, path in zip(names, (0, 2), self.files(root), strict=False)
        ]
        return rows_of_parts(frames, self.target, self.kind, ())
