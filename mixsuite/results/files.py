"""Write files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mixsuite.errors import InputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all: write a temporary file beside it, then rename that.

    Args:
        path: of the file; its folder is made.
        write: writes the file to the path that it is called with.

    Raises:
        InputError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline=""))
