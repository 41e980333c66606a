"""Data sets that Hugging Face's library has saved on disk (save_to_disk): their splits, columns and class labels.

Such a folder has state.json, dataset_info.json and files with Arrow streams; one of several splits has
dataset_dict.json and such a folder for each. They are read as JSON and Arrow alone. The library itself would also open
what a stranger's folder names elsewhere: files beside it (..), paths and addresses of pictures.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixsuite.domains.arrow_files import read_stream
from mixsuite.errors import InputError

PARTS = {"train": 0, "validation": 1, "valid": 1, "val": 1, "dev": 1, "test": 2}
_NAME = re.compile(r"\w[\w.-]{0,199}", re.ASCII)  # no folder above, no other root, and no more than a file system takes


class Split(NamedTuple):
    """One split as it was saved.

    what:     its folder, for messages.
    part:     0 training, 1 validation, 2 test; 0 where it is the only one.
    table:    the pyarrow.Table of its rows.
    features: column -> what the library calls its feature, such as {"_type": "Image"}.
    """

    what: str
    part: int
    table: Any
    features: dict[str, dict[str, Any]]


def saved_files(top: Path, split: str = "") -> list[Path]:
    """The files that are read: those of one split, or of all. A file that does not exist stands for no such folder.

    Raises:
        InputError: a JSON file cannot be read or names something outside the folder, or there is no such split.
    """
    if not (top / "dataset_dict.json").exists() and not (top / "state.json").exists():
        return [top / "state.json"]
    folders = _folders(top, split)
    return [top / "dataset_dict.json"] * (top not in folders.values()) + [
        path for folder in folders.values() for path in _files_of(folder)
    ]


def missing_saved(text: str) -> str:
    """The message for a folder that was not saved so, or lacks a file. text: as the user wrote it."""
    return (
        f"folder '{text}': is no data set that save_to_disk has written whole (state.json, dataset_info.json, *.arrow)"
    )


def read_saved(top: Path, split: str = "") -> list[Split]:
    """Read one split, or all: training, validation and test part.

    Raises:
        InputError: a file cannot be read, the files do not fit together, or splits are not train and test (and
            validation).
    """
    folders = _folders(top, split)
    numbers = {name: PARTS.get(name, -1) for name in folders} if len(folders) > 1 else dict.fromkeys(folders, 0)
    found = sorted(numbers.values())
    if len(found) > 1 and (found[0] < 0 or len(set(found)) < len(found) or not {0, 2} <= set(found)):
        wanted = "train and test are needed, validation is allowed; or name one, as in"
        raise InputError(f"{top}: splits are {', '.join(folders)}; {wanted} (split={next(iter(folders))})")
    splits = [_read_split(folder, numbers[name]) for name, folder in folders.items()]
    return sorted(splits, key=lambda one: one.part)


def class_codes(split: Split, column: str) -> tuple[np.ndarray, list[str]]:
    """(class numbers [n] int64, -1 for a row without, the classes' names) of a column of class labels.

    Raises:
        InputError: the names cannot be meant, or a number is none of theirs.
    """
    import pyarrow as pa

    names, values = split.features[column].get("names"), split.table.column(column)
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not isinstance(names, list) or not texts or len(set(names)) < len(names):
        raise InputError(f"{split.what}: the class labels of column '{column}' have no names, or one twice")
    if not pa.types.is_signed_integer(values.type):
        raise InputError(f"{split.what}: column '{column}' is {values.type}; class labels are signed whole numbers")
    codes: np.ndarray = values.fill_null(-1).to_numpy().astype(np.int64)
    bad = (codes < -1) | (codes >= len(names))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{split.what}: row {row} of column '{column}' is {codes[row]}, but {len(names)} labels have names"
        )
    return codes, names


def _folders(top: Path, split: str) -> dict[str, Path]:
    """Name -> folder of the splits that are asked for; of a single one under the name ""."""
    if not (top / "dataset_dict.json").exists():
        if split:
            raise InputError(f"{top}: has no splits, so no '{split}'; leave split out")
        return {"": top}
    names = _json(top / "dataset_dict.json").get("splits")
    if not isinstance(names, list) or not names or not all(_is_name(name) for name in names):
        raise InputError(f"{top / 'dataset_dict.json'}: its splits are not names of folders beside it")
    if len(set(names)) < len(names) or (split and split not in names):
        raise InputError(f"{top}: splits are {', '.join(names)}; one of each name is wanted, with '{split}' among them")
    chosen = {name: top / name for name in names if not split or name == split}
    for folder in chosen.values():
        _refuse_link(folder)
    return chosen


def _files_of(folder: Path) -> list[Path]:
    """The files of a split: state.json, dataset_info.json and those with its rows."""
    state = folder / "state.json"
    files = [state, folder / "dataset_info.json"]
    if state.exists():
        values = _json(state)
        if values.get("_indices_data_files") or values.get("_indices_files"):
            raise InputError(f"{state}: its rows are a choice of others (indices); save it anew with save_to_disk")
        names = _listed(values.get("_data_files"))
        if not names or len(set(names)) < len(names):
            raise InputError(f"{state}: its data files are not names of files beside it, each once")
        files += [folder / name for name in names]
    for path in files:
        _refuse_link(path)
    return files


def _listed(entries: object) -> list[str]:
    """The names of the files in which a split's rows are; none if one is no name of a file beside it."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return []
    names = [entry.get("filename") for entry in entries]
    return names if all(_is_name(name) for name in names) else []


def _read_split(folder: Path, part: int) -> Split:
    import pyarrow as pa

    _, info, *files = _files_of(folder)
    features = _json(info).get("features")
    if not isinstance(features, dict) or not all(isinstance(feature, dict | list) for feature in features.values()):
        raise InputError(f"{info}: has no features")
    tables = [read_stream(path) for path in files]
    for path, table in zip(files, tables, strict=True):
        if table.schema.names != tables[0].schema.names or table.schema.types != tables[0].schema.types:
            raise InputError(f"{path}: its columns are not those of {files[0].name}")
    names = tables[0].schema.names
    if sorted(names) != sorted(features):
        raise InputError(f"{folder}: has columns {', '.join(names)}, and features {', '.join(features)}")
    kept = {name: feature if isinstance(feature, dict) else {} for name, feature in features.items()}
    return Split(str(folder), part, pa.concat_tables(tables), kept)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise InputError(
            f"{path}: is a link, and nothing outside {path.parent} is read; put what it leads to in its place"
        )


def _json(path: Path) -> dict[str, Any]:
    _refuse_link(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: is no JSON object")
    return values


def _is_name(name: object) -> bool:
    """Whether a text names something beside the file in which it stands, and nothing elsewhere."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
