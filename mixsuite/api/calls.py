"""What the functions of the interface share: how they take names, seeds, folders and options."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixsuite.errors import InputError

if TYPE_CHECKING:
    from mixsuite.execution.planning import CallPlan, Options
    from mixsuite.experiment.matrix import Matrix

Names = str | Sequence[str] | None
Seeds = str | Sequence[int] | None


def names_of(value: Names) -> list[str] | None:
    """The entries of a text or a list; None stays.

    Raises:
        InputError: something that is no text, or brackets that do not match.
    """
    from mixsuite.plugins.entry import listed

    return None if value is None else listed(value)


def seeds_of(value: Seeds) -> tuple[int, ...] | None:
    """The seeds of a text or a list; None stays.

    Raises:
        InputError: they are none.
    """
    from mixsuite.plugins.entry import parse_seeds

    return None if value is None else parse_seeds(value)


def lengths_of(value: str | Sequence[int] | None) -> tuple[int, ...]:
    """The lengths of a text, as "2,4", or a list; None: none.

    Raises:
        InputError: one is no whole number from 1 to 1000.
    """
    from mixsuite.experiment.spec import LONGEST

    texts = value.split(",") if isinstance(value, str) else value or ()
    numbers = [int(str(text)) if re.fullmatch(r"\s*[0-9]{1,4}\s*", str(text)) else 0 for text in texts]
    for text, number in zip(texts, numbers, strict=True):
        if not 1 <= number <= LONGEST:
            raise InputError(f"lengths {text!r:.40}: allowed are whole numbers from 1 to {LONGEST}, as 2 or 2,4")
    return tuple(numbers)


def stop_time(seconds: float | None) -> float | None:
    """When a call stops that may take so many seconds, as ``time.time`` counts; None: it does not.

    Raises:
        InputError: a number below 0, or none.
    """
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise InputError(f"stop_after={seconds}: allowed is a number of seconds from 0")
    return None if seconds is None else time.time() + seconds


def options_of(out: Path, data: str | Path | None, **options: Any) -> Options:
    """The options by which runs are carried out, with the data root found.

    Raises:
        InputError: a value that is not allowed, or no such folder.
    """
    from mixsuite.execution.planning import Options
    from mixsuite.results.data_root import data_root

    return Options(out=out, data=data_root(None if data is None else Path(data)), **options)


def plan_of(
    matrix: Matrix, out: Path, data: str | Path | None, methods: Names, datasets: Names, seeds: Seeds, **options: Any
) -> CallPlan:
    """Plan a call: its names and seeds read, its options checked, its data found.

    Raises:
        InputError: bad input of any kind.
    """
    from mixsuite.execution.planning import plan_call

    carried_out = options_of(out, data, **options)
    return plan_call(matrix, carried_out, names_of(methods), names_of(datasets), seeds_of(seeds))


def need_results(out: Path, option: str = "--out") -> None:
    """Refuse a folder without results. option: by which the call named it.

    Raises:
        InputError: the folder has no results; the message names the command that makes some.
    """
    if not (out / "matrix.toml").is_file():
        raise InputError(
            f"{option} {out}: no results there (no matrix.toml); make some with: mixsuite run MATRIX --out {out}"
        )
