"""The files <out>/losses/<name>.npz, in which a run keeps the loss of each test row beside its record."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mixsuite.errors import InputError
from mixsuite.results.files import write_whole
from mixsuite.results.names import LOSSES

_MOST = 1 << 28  # bytes of one array


def write_row_file(out: Path, run_id: str, arrays: dict[str, np.ndarray]) -> str:
    """Write a run's arrays, whole or not at all; return the file's name within the folder.

    The name bears a digest of the content, so that a record leads to its own file for ever.

    Raises:
        InputError: the file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    content = buffer.getvalue()
    name = f"{LOSSES}/{run_id}-{hashlib.sha256(content).hexdigest()[:16]}.npz"
    write_whole(out / name, lambda part: part.write_bytes(content))
    return name


def _losses(arrays: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The losses [n] in a file's arrays.

    Raises:
        ValueError: they are not what a run writes.
    """
    if "wrong" in arrays:
        bits, rows = arrays["wrong"], int(arrays["rows"])
        if bits.dtype != np.uint8 or bits.ndim != 1 or not 8 * len(bits) - 8 < rows <= 8 * len(bits):
            raise ValueError(f"{rows} rows in {len(bits)} bytes")
        return np.unpackbits(bits, count=rows).astype(np.float64)
    if "loss" not in arrays:
        return None
    losses = arrays["loss"]
    if losses.dtype != np.float32 or losses.ndim != 1 or not np.isfinite(losses).all():
        raise ValueError("losses that are no finite numbers [n]")
    return losses.astype(np.float64)


def copy_row_file(there: Path, here: Path, name: str) -> None:
    """Copy a run's file from one results folder to another; nothing, where it is not there.

    Raises:
        InputError: the file cannot be read or written.
    """
    if not name or not (there / name).is_file():
        return
    try:
        content = (there / name).read_bytes()
    except OSError as error:
        raise InputError(f"{there / name}: cannot be read: {error.strerror}") from None
    write_whole(here / name, lambda part: part.write_bytes(content))


def read_row_losses(out: Path, name: str) -> np.ndarray | None:
    """The losses [n] of a run's test rows; None if its metric is no mean over rows, or the file is not there.

    Raises:
        InputError: the file is not what the record's run wrote.
    """
    path = out / name
    if not path.is_file():
        return None
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest()[:16] != name[-20:-4]:
            raise ValueError("it was changed after it was written")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST:
                raise ValueError("its arrays are too large")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _losses(arrays)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not the losses of a run: {error}") from None
