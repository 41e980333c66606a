"""Writing a figure, for every picture of the suite."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mixsuite.errors import InputError


def save(figure: Any, path: Path) -> None:
    """Write a PNG, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(part, format="png", dpi=110, metadata={"Software": None})
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
