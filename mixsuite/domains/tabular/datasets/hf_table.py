"""Your own table in a data set that Hugging Face's library has saved, hf_table:PATH:TARGET."""

from dataclasses import dataclass, field
from typing import Literal

from mixsuite.domains import Dataset
from mixsuite.domains.base import own_path
from mixsuite.domains.saved_splits import class_codes, missing_saved, read_saved, saved_files
from mixsuite.domains.tabular.datasets._arrow import frame_of
from mixsuite.domains.tabular.datasets._parts import rows_of_parts


@dataclass(frozen=True)
class HfTable(Dataset):
    """Your own table in a folder that save_to_disk of Hugging Face's library datasets has written.

    Columns are read as those of table:PATH:TARGET; class labels (ClassLabel) are their names, and -1 is a missing one.
    Splits train and test (and validation) are the official parts.

    path, target: the folder and the column to predict, as in hf_table:data/loans:defaulted.
    kind:         "class" or "regression".
    drop:         columns to leave out.
    split:        the split to read, whose test part is then drawn; "": all.
    """

    path: str
    target: str
    kind: Literal["class", "regression"] = field(default="class", kw_only=True)  # type: ignore[misc]
    drop: tuple[str, ...] = ()
    split: str = ""

    domain = "tabular"
    recipe = "tabular_mlp"
    arguments = ("path", "target")
    requires = ("pyarrow",)
    source = "a folder of your own"
    licence = "the folder's own"

    def files(self, root):
        return saved_files(own_path(self.path), self.split)

    def missing(self, path):
        return missing_saved(self.path)

    def load(self, root):
        splits = read_saved(own_path(self.path), self.split)
        frames = [
            (split.what, split.part, frame_of(_named(split), self.target, self.drop, split.what)) for split in splits
        ]
        return rows_of_parts(frames, self.target, self.kind, ())


def _named(split):
    """A split's table, with the names of class labels in their place."""
    import pyarrow as pa

    table = split.table
    for name, feature in split.features.items():
        if feature.get("_type") == "ClassLabel":
            codes, names = class_codes(split, name)
            column = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(names, pa.string()))
            table = table.set_column(table.schema.names.index(name), name, column)
    return table
