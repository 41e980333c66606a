"""Write a figure; every picture of mixsuite uses this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixsuite.results.files import write_whole


def save(figure: Any, path: Path) -> None:
    """Write a figure as a PNG, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110, metadata={"Software": None}))
