"""The progress of a call: runs done, runs in progress, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_SOONEST = 3.0  # seconds after which the pace means something
_LEAST = 0.005  # share of all work that must have been seen


@dataclass
class Progress:
    """The progress of a call.

    title:    the size of the call, in one line.
    total:    number of runs in all.
    cost:     of all runs, in a unit of no consequence: it says how much longer one run takes than another.
    running:  number of runs in progress.
    done_cost, begun_cost: of the runs that have ended, and of what is done of those in progress.
    last:     the run that ended last, in words.
    """

    title: str
    total: int
    cost: float = 0.0
    running: int = 0
    done_cost: float = 0.0
    begun_cost: float = 0.0
    ok: int = 0
    failed: int = 0
    skipped: int = 0
    last: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """The number of runs that have ended."""
        return self.ok + self.failed + self.skipped

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all runs are done, by the clock and by what is done of them; None if too little is.

        What each run costs beside the others is an estimate; how fast this machine does it is seen.
        """
        if self.done >= self.total:
            return 0.0
        seen, elapsed = self.done_cost + self.begun_cost, time.monotonic() - self.started
        if elapsed < _SOONEST or seen < _LEAST * self.cost or not seen:
            return None
        return elapsed / seen * max(0.0, self.cost - seen)

    def count(self, status: str, last: str, cost: float = 0.0) -> None:
        """Count a run that has ended.

        Args:
            status: "ok", "failed" or "skipped".
            last: the run in words.
            cost: of the run.
        """
        self.done_cost += cost
        setattr(self, status, getattr(self, status) + 1)
        self.last = last


Watch = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """Ignore the progress."""
