"""What the runner tells a worker process: a few runs of one cell, or to look at a task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mixsuite.spec import ProbeSpec, RunSpec, Task


@dataclass(frozen=True)
class Order:
    """What a worker is told: runs of one cell, or (none of them) to look whether a task can be run at all.

    code:        the code hash that the runs' records will bear. probes: with the code hash of each.
    block:       the number of runs that the executor "lockstep" trains as one.
    predictions: folder for the test part's outputs, or None.
    """

    task: Task
    root: Path
    device: str
    specs: tuple[RunSpec, ...] = ()
    code: str = ""
    executor: str = "loop"
    block: int = 1
    deterministic: bool = False
    predictions: Path | None = None
    probes: tuple[tuple[ProbeSpec, str], ...] = ()

    @property
    def size(self) -> int:
        """The number of runs, at least 1: what a limit in seconds per run is multiplied by."""
        return max(1, len(self.specs))

    def parts(self) -> list[Order]:
        """The same as an order a run, where there are several."""
        return [replace(self, specs=(spec,)) for spec in self.specs] if len(self.specs) > 1 else []
