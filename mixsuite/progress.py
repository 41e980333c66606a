"""The live display of a run: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mixsuite.runner import Watch

if TYPE_CHECKING:
    from mixsuite.runner import Tally

_EVERY = 15.0  # seconds between lines where stderr is no terminal


def duration(seconds: float | None) -> str:
    """12s, 3m05s, 1h02m; "?" where it is not known."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def _line(tally: Tally) -> str:
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    return (
        f"{tally.done}/{tally.total} done ({tally.failed} failed{skipped}), {tally.running} running, "
        f"about {duration(tally.seconds_left)} left"
    )


@contextlib.contextmanager
def progress(header: str, total: int) -> Iterator[Watch]:
    """A function to call with the tally whenever it changes.

    The header is said once the first run begins: until then the input may still turn out bad, which
    is one line and no more.
    """
    if sys.stderr.isatty():
        with _bar(header, total) as watch:
            yield watch
    else:
        yield _lines(header)


def _lines(header: str) -> Watch:
    last = 0.0

    def watch(tally: Tally) -> None:
        nonlocal last
        if not last:
            print(header, file=sys.stderr, flush=True)  # noqa: T201
            last = time.monotonic()
        if time.monotonic() - last >= _EVERY or (tally.total and tally.done == tally.total):
            last = time.monotonic()
            print(_line(tally), file=sys.stderr, flush=True)  # noqa: T201

    return watch


@contextlib.contextmanager
def _bar(header: str, total: int) -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=30), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("starting the workers and opening the data", total=total)
        said = False

        def watch(tally: Tally) -> None:
            nonlocal said
            if not said:
                bar.console.print(header, highlight=False, markup=False)
                said = True
            bar.update(row, total=tally.total, completed=tally.done, description=f"{_line(tally)}  {tally.last}")

        yield watch


@contextlib.contextmanager
def spinner(text: str) -> Iterator[Callable[[int], None]]:
    """A function to call with the bytes so far; on a terminal they are shown as they grow."""
    if not sys.stderr.isatty():
        yield lambda size: None
        return
    from rich.console import Console

    with Console(stderr=True).status(text) as status:
        yield lambda size: status.update(f"{text}: {size / 1e6:.1f} MB")
