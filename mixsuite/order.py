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
        """The number of runs, at least 1."""
        return max(1, len(self.specs))

    @property
    def allowed(self) -> int:
        """What a limit in seconds per run is multiplied by: a block costs the same however few runs fill it."""
        return self.block if self.executor == "lockstep" and self.specs else self.size

    def parts(self, executor: str | None = None) -> list[Order]:
        """The same as an order a run, where there are several, by another executor if one is named."""
        if len(self.specs) < 2:
            return []
        return [replace(self, specs=(spec,), executor=executor or self.executor) for spec in self.specs]
