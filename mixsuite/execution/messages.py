"""The messages between the runner and its workers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mixsuite.execution.result import RunResult
from mixsuite.experiment.spec import EvaluationSpec, RunSpec, Task, digest_json

if TYPE_CHECKING:
    from mixsuite.experiment.code import CodeIdentity


@dataclass(frozen=True)
class Inspection:
    """What opening a task showed.

    problem:  why the task cannot be run as asked; "" if it can.
    seconds:  a rough estimate of the time of one run.
    executor: the executor that suits the task.
    parts:    "train", "valid", "test" -> number of rows; empty if it could not be opened.
    """

    problem: str = ""
    seconds: float = 1.0
    executor: str = "loop"
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockResult:
    """The results of a block's runs, in their order.

    data_read: fingerprint of the data's files as they were read; "" if nothing was read, or from no file.
    """

    results: tuple[RunResult, ...]
    data_read: str = ""


@dataclass(frozen=True)
class RetryApart:
    """The block could not be trained as one: try its runs one at a time.

    executor: the one to use; None: the block's own.
    """

    executor: str | None = None


@dataclass(frozen=True)
class Paused:
    """The time of the call was up: the block's training has ended at a checkpoint, from which the next call goes on."""


@dataclass(frozen=True)
class Ready:
    """A worker has started. process: its number."""

    process: int


@dataclass(frozen=True)
class Beat:
    """A worker is getting on with its work. share: of the steps of its work, how many are done, in [0, 1]."""

    share: float = 0.0


Answer = Inspection | BlockResult | RetryApart | Paused


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

    @property
    def outsiders(self) -> tuple[str, str]:
        """Whose code runs that is not the package's: that of a task's data, and that of a method; "" for nobody.

        Such code may change the process that it runs in. A worker that has done such work does no other.
        """
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
    """Check whether a task can be run at all.

    data:    fingerprint of its files, as planned.
    readers: number of processes that read ahead rows that are not in memory.
    """

    task: Task
    data_root: Path
    device: str
    data: str
    readers: int = 0
    num_runs: int = 1
    time_factor: int = 1

    @property
    def outsiders(self) -> tuple[str, str]:
        """As in ``Work``."""
        return _of_data(self.task), self.task.name if any(_of_recipe(self.task)) else ""

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
    data:        fingerprint of the data's files when the call began.
    executor:    "loop" or "lockstep".
    block:       the number of runs that lockstep trains as one.
    out:         the results folder, for the losses of test rows; None: they are not kept.
    predictions: folder for the outputs of the test part, or None.
    weights:     folder for the trained weights, or None.
    probes, metrics: each of them with the identity of its code.
    readers:     number of processes that read ahead rows that are not in memory.
    checkpoints: folder for the checkpoints of trainings; None: none are kept.
    until:       when trainings end at their next checkpoint, in seconds as ``time.time`` counts; None: never.
    """

    task: Task
    data_root: Path
    device: str
    runs: tuple[RunSpec, ...]
    code: CodeIdentity
    data: str
    executor: str = "loop"
    block: int = 1
    deterministic: bool = False
    out: Path | None = None
    predictions: Path | None = None
    weights: Path | None = None
    probes: tuple[tuple[EvaluationSpec, str], ...] = ()
    metrics: tuple[tuple[EvaluationSpec, str], ...] = ()
    readers: int = 0
    checkpoints: Path | None = None
    until: float | None = None

    def checkpoint_of(self, run: RunSpec) -> Path | None:
        """The file of a run's checkpoint. Its name says of what code, data and block it is."""
        if self.checkpoints is None:
            return None
        made_by = [self.code.hash, self.data, self.executor, self.block, self.device, self.deterministic]
        return self.checkpoints / f"{run.id}-{digest_json([*made_by, *(run.id for run in self.runs)])[:16]}.pt"

    @property
    def num_runs(self) -> int:
        """The number of runs in the block."""
        return len(self.runs)

    @property
    def time_factor(self) -> int:
        """In lockstep the size of a full block, which costs the same however few runs fill it; else the runs."""
        return self.block if self.executor == "lockstep" else self.num_runs

    @property
    def outsiders(self) -> tuple[str, str]:
        """As in ``Work``. Other outsiders' code than a data set's runs with each method anew: it is the method's."""
        method = self.runs[0].method
        evaluations = (spec.source for spec, _ in (*self.probes, *self.metrics))
        sources = (method.source, self.task.address("domain"), *_of_recipe(self.task), *evaluations)
        return _of_data(self.task), method.name if any(sources) else ""

    def one_by_one(self, executor: str | None = None) -> list[TrainBlock]:
        """Split the block into one block per run; nothing if it has one run. executor: as in ``Work``."""
        if self.num_runs < 2:
            return []
        return [replace(self, runs=(run,), executor=executor or self.executor) for run in self.runs]

    def lost(self, reason: str) -> Answer:
        """A failed result for every run of the block."""
        return BlockResult(tuple(RunResult("failed", reason) for _ in self.runs))


def _of_recipe(task: Task) -> list[str]:
    """The addresses of outsiders' code that the recipe names."""
    return [address for part, address in task.addresses if part not in ("dataset", "domain", "weights")]


def _of_data(task: Task) -> str:
    return task.name if task.source or task.address("domain") else ""
