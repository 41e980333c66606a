"""Checksums of many files, remembered beside the data, so that a large folder is hashed once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mixsuite.errors import InputError

MANY = 1000  # files from which on checksums are remembered
_SETTLED = 2_000_000_000  # nanoseconds: a file that is younger may change again within the same time stamp
FOLDER = ".checksums"  # in a data root


def checksums(paths: Sequence[Path], root: Path) -> list[str]:
    """The sha256 of each file, in hex digits.

    Of many files they are remembered in the data root: a file whose stamp is as it was is not read again. Where nothing
    can be written, all are read each time.

    root: the data root.

    Raises:
        InputError: a file cannot be read.
    """
    if len(paths) < MANY:
        return [_sha256(path) for path in paths]
    names = "\n".join(str(path.absolute()) for path in paths)
    memory = root / FOLDER / f"{hashlib.sha256(names.encode()).hexdigest()[:16]}.npz"
    seen = stamps(paths)
    known = _remembered(memory, len(paths))
    fresh = np.ones(len(paths), dtype=bool) if known is None else (known["seen"] != seen).any(1)
    digests = np.zeros((len(paths), 32), dtype=np.uint8) if known is None else known["digests"]
    begun = time.time_ns()
    for place in np.flatnonzero(fresh):
        digests[place] = np.frombuffer(bytes.fromhex(_sha256(paths[place])), dtype=np.uint8)
    if fresh.any():
        unsettled = seen[:, 1:].max(1) > begun - _SETTLED
        remember(memory, seen=np.where(unsettled[:, None], -1, seen), digests=digests)
    return [digest.tobytes().hex() for digest in digests]


def stamps(paths: Sequence[Path]) -> np.ndarray:
    """The stamp of each file, [n, 3] int64.

    Raises:
        InputError: one is gone.
    """
    with _named():
        return np.array([stamp(path.stat()) for path in paths], dtype=np.int64).reshape(-1, 3)


def stamp(found: os.stat_result) -> tuple[int, int, int]:
    """The size of a file in bytes, and when its content and its place last changed, in nanoseconds.

    Two files that change names keep the first two.
    """
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def remember(path: Path, **arrays: np.ndarray) -> None:
    """Keep arrays in a file, whole or not at all; where nothing can be written, not at all."""
    part = path.with_name(f".{secrets.token_hex(8)}.part.npz")
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)  # a data root that is not there is not made
        try:
            np.savez(part, **arrays)  # type: ignore[arg-type]
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def recall(path: Path, fits: Callable[[dict[str, np.ndarray]], bool]) -> dict[str, np.ndarray] | None:
    """Arrays that were kept, or None: there are none, they are damaged, or they do not fit."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        return arrays if fits(arrays) else None
    except Exception:  # whatever a stranger's file makes the reader raise: what it held is made anew
        return None


def _remembered(path: Path, count: int) -> dict[str, np.ndarray] | None:
    def fits(arrays: dict[str, np.ndarray]) -> bool:
        seen, digests = arrays["seen"], arrays["digests"]
        return seen.shape == (count, 3) and digests.shape == (count, 32) and digests.dtype.kind == "u"

    return recall(path, fits)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Say in a line which file cannot be read."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror or error}") from None


def _sha256(path: Path) -> str:
    with _named(), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
