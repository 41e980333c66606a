"""The progress of a call: runs done, runs in progress, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """The progress of a call.

    title:    the size of the call, in one line.
    total:    number of runs in all.
    running:  number of runs in progress.
    estimate: seconds for all runs; used for the time left until the first run has ended.
    last:     the run that ended last, in words.
    """

    title: str
    total: int
    running: int = 0
    ok: int = 0
    failed: int = 0
    skipped: int = 0
    estimate: float | None = None
    last: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """The number of runs that have ended."""
        return self.ok + self.failed + self.skipped

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all runs are done, by the pace so far; None if nothing is known yet."""
        if not self.done:
            return self.estimate
        return (time.monotonic() - self.started) / self.done * (self.total - self.done)

    def count(self, status: str, last: str) -> None:
        """Count a run that has ended.

        Args:
            status: "ok", "failed" or "skipped".
            last: the run in words.
        """
        setattr(self, status, getattr(self, status) + 1)
        self.last = last


Watch = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """Ignore the progress."""
