"""What the runner and its workers tell each other."""

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

    problem:  why it cannot be run as asked; "" where it can.
    seconds:  a rough time of one run. executor: the one that suits the task.
    """

    problem: str = ""
    seconds: float = 1.0
    executor: str = "loop"


@dataclass(frozen=True)
class BlockResult:
    """What the runs of a block came to, in their order."""

    results: tuple[RunResult, ...]


@dataclass(frozen=True)
class RetryApart:
    """The block could not be trained as one: its runs are to be tried one by one.

    executor: by which; None: the block's own.
    """

    executor: str | None = None


@dataclass(frozen=True)
class Ready:
    """A worker has started."""


Answer = Inspection | BlockResult | RetryApart


class Work(Protocol):
    """What a worker can be told to do."""

    @property
    def num_runs(self) -> int:
        """How many runs it is, for the progress display."""
        ...

    @property
    def time_factor(self) -> int:
        """So many times the time-out of one run may it take."""
        ...

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        """The same as a block a run, where it has several; by another executor if one is named."""
        ...

    def lost(self, reason: str) -> Answer:
        """The answer in place of a worker's that died or overran."""
        ...


@dataclass(frozen=True)
class InspectTask:
    """Look whether a task can be run at all."""

    task: Task
    data_root: Path
    device: str
    num_runs: int = 1
    time_factor: int = 1

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        return []

    def lost(self, reason: str) -> Answer:
        return Inspection()


@dataclass(frozen=True)
class TrainBlock:
    """Train runs of one cell.

    code:        of the runs, as it was when the call began; probes: with the identity of each one's code.
    executor:    "loop" or "lockstep"; block: the number of runs that the latter trains as one.
    predictions: folder for the test part's outputs, or None.
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
        return len(self.runs)

    @property
    def time_factor(self) -> int:
        """A block costs the same however few runs fill it."""
        return self.block if self.executor == "lockstep" else self.num_runs

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        if self.num_runs < 2:
            return []
        return [replace(self, runs=(run,), executor=executor or self.executor) for run in self.runs]

    def lost(self, reason: str) -> Answer:
        return BlockResult(tuple(RunResult("failed", reason) for _ in self.runs))
