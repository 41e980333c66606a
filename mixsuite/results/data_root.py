"""The data root: the folder that data sets are read from."""

from __future__ import annotations

import os
from pathlib import Path

from mixsuite.errors import InputError


def data_root(given: Path | None) -> Path:
    """Find the folder with data sets: the given one, else $MIXSUITE_DATA, else one in the user's cache folder.

    Raises:
        InputError: the given folder does not exist.
    """
    if given is not None and not given.is_dir():
        raise InputError(f"--data {given}: no such folder")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return given or Path(os.environ.get("MIXSUITE_DATA") or cache / "mixsuite" / "data")
