"""The messages between the runner and its workers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mixsuite.execution.result import RunResult
from mixsuite.experiment.spec import ProbeSpec, RunSpec, Task

if TYPE_CHECKING:
    from mixsuite.experiment.code import CodeIdentity


@dataclass(frozen=True)
class Inspection:
    """What opening a task showed.

    problem:  why the task cannot be run as asked; "" if it can.
    seconds:  a rough estimate of the time of one run.
    executor: the executor that suits the task.
    """

    problem: str = ""
    seconds: float = 1.0
    executor: str = "loop"


@dataclass(frozen=True)
class BlockResult:
    """The results of a block's runs, in their order."""

    results: tuple[RunResult, ...]


@dataclass(frozen=True)
class RetryApart:
    """The block could not be trained as one: try its runs one at a time.

    executor: the one to use; None: the block's own.
    """

    executor: str | None = None


@dataclass(frozen=True)
class Ready:
    """A worker has started. process: its number."""

    process: int


Answer = Inspection | BlockResult | RetryApart


class Work(Protocol):
    """What a worker can be told to do."""

    @property
    def num_runs(self) -> int:
        """The number of runs, for the progress display."""
        ...

    @property
    def time_factor(self) -> int:
        """The time allowed, as a multiple of the time-out of one run."""
        ...

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        """Split work of several runs into one block per run; nothing if it has fewer than two.

        Args:
            executor: trains the new blocks; None: the executor of this one.
        """
        ...

    def lost(self, reason: str) -> Answer:
        """The answer in place of a worker that died or overran. reason: what happened to it."""
        ...


@dataclass(frozen=True)
class InspectTask:
    """Check whether a task can be run at all."""

    task: Task
    data_root: Path
    device: str
    num_runs: int = 1
    time_factor: int = 1

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        """Nothing: an inspection has no runs to split."""
        return []

    def lost(self, reason: str) -> Answer:
        """An inspection without a problem: each run of the task will say what is wrong."""
        return Inspection()


@dataclass(frozen=True)
class TrainBlock:
    """Train runs of one cell.

    code:        identity of the runs' code when the call began.
    executor:    "loop" or "lockstep".
    block:       the number of runs that lockstep trains as one.
    predictions: folder for the outputs of the test part, or None.
    probes:      each probe with the identity of its code.
    """

    task: Task
    data_root: Path
    device: str
    runs: tuple[RunSpec, ...]
    code: CodeIdentity
    executor: str = "loop"
    block: int = 1
    deterministic: bool = False
    predictions: Path | None = None
    probes: tuple[tuple[ProbeSpec, str], ...] = ()

    @property
    def num_runs(self) -> int:
        """The number of runs in the block."""
        return len(self.runs)

    @property
    def time_factor(self) -> int:
        """In lockstep the size of a full block, which costs the same however few runs fill it; else the runs."""
        return self.block if self.executor == "lockstep" else self.num_runs

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        """Split the block into one block per run; nothing if it has one run. executor: as in ``Work``."""
        if self.num_runs < 2:
            return []
        return [replace(self, runs=(run,), executor=executor or self.executor) for run in self.runs]

    def lost(self, reason: str) -> Answer:
        """A failed result for every run of the block."""
        return BlockResult(tuple(RunResult("failed", reason) for _ in self.runs))
