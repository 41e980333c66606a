"""Rows that are files, one each: where they are, and whether they are still what they were."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixsuite.data.streamed import RowReader
from mixsuite.domains.checksums import stamp, stamps
from mixsuite.errors import InputError


@dataclass(frozen=True, eq=False)
class Files:
    """Files below a folder, in few bytes a file, as they were when the call began.

    top:     the folder.
    names:   [n] their paths below it, as bytes.
    seen:    [n, 3] the stamp of each.
    content: their fingerprint.
    """

    top: Path
    names: np.ndarray
    seen: np.ndarray
    content: str

    @classmethod
    def of(cls, paths: list[Path], top: Path, content: str) -> Files:
        """These files as they are now."""
        return cls(top, np.array([os.fsencode(path.relative_to(top)) for path in paths]), stamps(paths), content)

    def path(self, row: int) -> Path:
        """One file's path.

        Raises:
            InputError: it is gone, or was changed.
        """
        path = self.top / os.fsdecode(self.names[row])
        try:
            found = path.stat()
        except OSError as error:
            raise InputError(f"{path}: cannot be read any more: {error.strerror or error}") from None
        if stamp(found) != tuple(self.seen[row]):
            raise InputError(f"{path}: was changed while it was read; run it again")
        return path


@dataclass(frozen=True, eq=False)
class FileRows(RowReader):
    """A reader of rows that are files."""

    files: Files

    @property
    def identity(self) -> str:
        """The files' content, and the reader's own fields."""
        return f"{self.files.content} {len(self)}"

    def __len__(self) -> int:
        return len(self.files.names)
