"""The live display of a call: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from mixsuite.execution.progress import Progress, Watch

_EVERY = 15.0  # seconds between lines if stderr is no terminal


def duration(seconds: float) -> str:
    """Format a duration: 12s, 3m05s, 1h02m."""
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded}s"
    if rounded < 3600:
        return f"{rounded // 60}m{rounded % 60:02d}s"
    return f"{rounded // 3600}h{rounded % 3600 // 60:02d}m"


def _line(progress: Progress) -> str:
    skipped = f", {progress.skipped} skipped" if progress.skipped else ""
    left = progress.seconds_left
    when = "too early to say how long" if left is None else f"about {duration(left)} left"
    return (
        f"{progress.done}/{progress.total} done ({progress.failed} failed{skipped}), {progress.running} running, {when}"
    )


@contextlib.contextmanager
def progress_display() -> Iterator[Watch]:
    """Give a function to call with the progress whenever it changes.

    The title is printed only when the first run begins: until then the input may turn out to be bad, which must print
    one line and no more.
    """
    if sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _lines()


def _lines() -> Watch:
    last, title = 0.0, ""

    def watch(progress: Progress) -> None:
        nonlocal last, title
        if title != progress.title:
            title, last = progress.title, time.monotonic()
            print(title, file=sys.stderr, flush=True)  # noqa: T201
        if time.monotonic() - last >= _EVERY or (progress.total and progress.done == progress.total):
            last = time.monotonic()
            print(_line(progress), file=sys.stderr, flush=True)  # noqa: T201

    return watch


@contextlib.contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("starting the workers and opening the data", total=None)
        title = ""

        def watch(progress: Progress) -> None:
            nonlocal title
            if title != progress.title:
                title = progress.title
                bar.console.print(title, highlight=False, markup=False)
            description = f"{_line(progress)}  {progress.last}"
            bar.update(row, total=progress.total, completed=progress.done, description=description)

        yield watch


@contextlib.contextmanager
def spinner(text: str) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the bytes so far; a terminal shows them as they grow."""
    if not sys.stderr.isatty():
        yield lambda size: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(text)) as status:
        yield lambda size: status.update(Text(f"{text}: {size / 1e6:.1f} MB"))
