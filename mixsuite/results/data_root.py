"""The data root: the folder that data sets are read from."""

from __future__ import annotations

import os
from pathlib import Path

from mixsuite.errors import InputError


def data_root(given: Path | None) -> Path:
    """Find the folder with data sets: the given one, else $MIXSUITE_DATA, else one in the user's cache folder.

    Raises:
        InputError: the given folder does not exist, or there is no home folder.
    """
    if given is not None and not given.is_dir():
        raise InputError(f"--data {given}: no such folder")
    if named := given or os.environ.get("MIXSUITE_DATA"):
        return Path(named)
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no HOME, and a user whom the system does not know
        raise InputError("there is no home folder for the data root: name one, with --data or $MIXSUITE_DATA") from None
    return cache / "mixsuite" / "data"
