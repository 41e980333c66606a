"""What plugins that evaluate a model return: plain finite numbers, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mixsuite.evaluation.scores import LARGEST
from mixsuite.plugins.load import told


def numbers_of(compute: Callable[[], dict[str, Any]], suffix: str = "") -> dict[str, Any]:
    """Compute numbers by name, for the run's record.

    Args:
        compute: a probe's or a metric's code. It runs in a worker, which Ctrl-C does not reach, so whatever it raises
            is caught; SystemExit, too.
        suffix: of each number's name in the record.

    Returns:
        "metrics": the numbers. "status": "ok"; "failed" if it raised or gave no finite number, which costs the run
        these numbers only. "reason": why, with the place in an outside file, or "".
    """
    try:
        metrics = {f"{name}{suffix}": plain_number(name, value) for name, value in compute().items()}
    except BaseException as error:
        reason = told(error)
        return {"metrics": {}, "status": "failed", "reason": reason}
    bad = [name for name, value in metrics.items() if not abs(value) < LARGEST]
    if bad:
        return {"metrics": {}, "status": "failed", "reason": f"not a number: {', '.join(bad)}"}
    return {"metrics": metrics, "status": "ok", "reason": ""}


def plain_number(name: str, value: Any) -> float:
    """A plugin's number as a plain one: a scalar of torch and numpy is taken, too.

    Raises:
        TypeError: it is no single number.
    """
    if not isinstance(name, str) or not name.isprintable():
        raise TypeError(f"a metric's name is a text of one line, is {name!r:.60}")
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise TypeError(f"{name} is no single number: {type(value).__name__} {value!r:.60}") from None
