"""How a call stands: what is done, what runs, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """How a call stands.

    title: what the call is about. total: runs in all. running: in progress. last: the run that ended last, in words.
    estimate: seconds for all of it, by which the time left is told until a run has ended; then by the pace so far.
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
        """Runs that have ended."""
        return self.ok + self.failed + self.skipped

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all are done; None where nothing is known yet."""
        if not self.done:
            return self.estimate
        return (time.monotonic() - self.started) / self.done * (self.total - self.done)

    def count(self, status: str, last: str) -> None:
        """Count a run that has ended: ok, failed or skipped."""
        setattr(self, status, getattr(self, status) + 1)
        self.last = last


Watch = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """Nobody looks."""
