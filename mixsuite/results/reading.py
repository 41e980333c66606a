"""Read a results folder: its cells and runs, as far as a table needs them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mixsuite.errors import InputError, printable
from mixsuite.experiment.spec import RunSpec, Task
from mixsuite.results.manifest import Manifest, load_manifest
from mixsuite.results.names import is_row_file
from mixsuite.results.record import Record
from mixsuite.results.record_files import read_latest
from mixsuite.results.row_files import read_row_losses
from mixsuite.stats.primary import Primary

COSTS = ("seconds", "steps", "rows_per_step", "peak_memory", "parameters")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The part of a record that a table needs.

    reason:   the first line of the record's reason.
    metrics:  by name; empty if the run is not ok.
    costs:    those of COSTS that the record has.
    test_train_ratio: n_test / n_train if the split was drawn from the seed, else None.
    split:    "drawn" or "official"; "" in records of earlier versions.
    at_bound: whether the fitted temperature lies at an end of its range.
    test_rows, valid_rows: the number of test and of validation rows; 0 in records of earlier versions.
    train_error: the error, or the RMSE, on the training rows; None in records of earlier versions.
    rows_file: the file that holds the losses of the test rows; "" if there is none.
    executor: "loop" or "lockstep"; "" in records of earlier versions.
    code:     hash of all the code that made the run.
    common:   fingerprint of the code that a task's runs share: core, data set, domain and libraries, not the method.
    data:     fingerprint of the data as read ("" if unknown).
    rows:     fingerprint of the rows and labels of its split ("" if unknown).
    probes:   probe -> why it failed.
    sealed:   whether the record has a checksum, by which a change would have been seen.
    """

    id: str
    status: str
    reason: str
    metrics: dict[str, float]
    costs: dict[str, float]
    test_train_ratio: float | None
    split: str
    at_bound: bool
    test_rows: int
    valid_rows: int
    train_error: float | None
    rows_file: str
    executor: str
    code: str
    common: str
    data: str
    rows: str
    probes: dict[str, str]
    sealed: bool = True


@dataclass(frozen=True)
class Results:
    """The runs that a results folder shows.

    manifest: the folder's cells, tasks and methods, in order.
    cells:    (task, method) -> seed -> run, for the runs that have a record.
    others:   number of records in the folder that belong to no cell shown.
    out:      the folder.
    conflicts: (task, method, seed) of the runs to which the same code, data and machine have given two results.
    """

    manifest: Manifest
    cells: dict[tuple[str, str], dict[int, RunSummary]] = field(default_factory=dict)
    others: int = 0
    conflicts: tuple[tuple[str, str, int], ...] = ()
    out: Path = Path()

    def cell(self, task: Task, method: str) -> Cell:
        """One method on one task.

        Its complete set of seeds is every seed that any method of the task has; where seeds are added until decided,
        those that it has been given.
        """
        if self.manifest.looks:
            wanted = len(self.manifest.cells.get((task.name, method), ()))
        else:
            wanted = len(self._seeds[task.name])
        return Cell(wanted, self.cells.get((task.name, method), {}), task.primary, self.out)

    def only(self, runs: Iterable[RunSpec]) -> Results:
        """The results of some runs alone."""
        seeds_of: dict[tuple[str, str], set[int]] = {}
        for run in runs:
            seeds_of.setdefault((run.task.name, run.method.name), set()).add(run.seed)
        tasks = {name: task for name, task in self.manifest.tasks.items() if any(name == key[0] for key in seeds_of)}
        cells = {
            key: {s: o for s, o in cell.items() if s in seeds_of[key]}
            for key, cell in self.cells.items()
            if key in seeds_of
        }
        conflicts = tuple(run for run in self.conflicts if run[2] in seeds_of.get(run[:2], ()))
        manifest = replace(self.manifest, tasks=tasks, cells=seeds_of)
        return replace(self, manifest=manifest, cells=cells, conflicts=conflicts)

    @cached_property
    def _seeds(self) -> dict[str, set[int]]:
        by_task: dict[str, set[int]] = {name: set() for name in self.manifest.tasks}
        for (task, _), seeds in self.manifest.cells.items():
            by_task[task] |= seeds
        return by_task


@dataclass(frozen=True)
class Cell:
    """A method on a task.

    wanted:   number of seeds that the task has.
    outcomes: seed -> run, for the runs that have a record.
    primary:  the primary metric.
    out:      the results folder.
    """

    wanted: int
    outcomes: dict[int, RunSummary]
    primary: Primary
    out: Path = Path()

    def only(self, seeds: Iterable[int]) -> Cell:
        """The same cell with some seeds alone."""
        kept = set(seeds)
        return replace(self, outcomes={s: o for s, o in self.outcomes.items() if s in kept})

    @cached_property
    def ok(self) -> dict[int, RunSummary]:
        """Seed -> run, for the runs that are ok."""
        return {seed: o for seed, o in self.outcomes.items() if o.status == "ok"}

    @cached_property
    def status(self) -> str:
        """The state of the cell.

        "ok": every seed has an ok run. "skipped": all runs are skipped. "failed": a run failed. "incomplete": else.
        """
        statuses = {o.status for o in self.outcomes.values()}
        if "failed" in statuses:
            return "failed"
        if statuses == {"skipped"} or (statuses == {"ok"} and len(self.outcomes) == self.wanted):
            return statuses.pop()
        return "incomplete"

    @cached_property
    def values(self) -> dict[int, float]:
        """Seed -> primary metric, for the runs that are ok."""
        return {seed: o.metrics[self.primary.name] for seed, o in self.ok.items()}

    def metric(self, name: str) -> list[float] | None:
        """The values of a metric, one per seed; None unless every run is ok and has it."""
        values = [o.metrics.get(name) for o in self.outcomes.values()]
        return [v for v in values if v is not None] if self.status == "ok" and None not in values else None

    def cost(self, name: str) -> list[float]:
        """The values of a cost, one per ok run; empty unless every ok run has it."""
        values = [o.costs.get(name) for o in self.ok.values()]
        return [v for v in values if v is not None] if None not in values else []

    def row_losses(self, seed: int) -> np.ndarray | None:
        """The losses [n] of an ok run's test rows; None if they are not there, or its metric is no mean over rows.

        Raises:
            InputError: the file is not what the run wrote.
        """
        name = self.ok[seed].rows_file
        return read_row_losses(self.out, name) if name else None

    @cached_property
    def train_errors(self) -> list[float]:
        """The training error of each ok run; empty unless every one has it."""
        values = [o.train_error for o in self.ok.values()]
        return [v for v in values if v is not None] if None not in values else []

    @cached_property
    def test_rows(self) -> int:
        """The fewest test rows of an ok run; 0 if they are not known."""
        return min((o.test_rows for o in self.ok.values()), default=0)

    @cached_property
    def rows(self) -> float:
        """Rows per run that go through the last stage in the whole training, mean over the ok runs; nan if unknown.

        Only differentiated passes count.
        """
        totals = [s * r for s, r in zip(self.cost("steps"), self.cost("rows_per_step"), strict=False)]
        return sum(totals) / len(totals) if totals else float("nan")


def load_results(out: Path) -> Results:
    """Read everything that a report is made from.

    Raises:
        InputError: a foreign line in the records, an ok run without its primary metric, or a matrix.toml that mixsuite
            did not write.
    """
    manifest = load_manifest(out)
    disagree: set[str] = set()
    latest = read_latest(out, summarise, disagree)
    cells: dict[tuple[str, str], dict[int, RunSummary]] = {}
    num_shown = 0
    for (task, method), ids in manifest.ids().items():
        primary = manifest.tasks[task].primary.name
        for seed, run_id in ids.items():
            outcome = latest.get(run_id)
            if outcome is None:
                continue
            if outcome.status == "ok" and primary not in outcome.metrics:
                raise InputError(f"{out}/records: run {run_id} ({task}, {method}, seed {seed}) has no {primary}")
            cells.setdefault((task, method), {})[seed] = outcome
            num_shown += 1
    conflicts = tuple((*key, seed) for key, cell in cells.items() for seed, o in cell.items() if o.id in disagree)
    return Results(manifest, cells, len(latest) - num_shown, conflicts, out)


def summarise(record: Record) -> RunSummary:
    """The part of a record that a table needs."""
    code = record.code
    train, test = record.parts.get("train"), record.parts.get("test")
    return RunSummary(
        id=record.id,
        status=sys.intern(record.status),
        reason=printable(record.reason.splitlines()[0]) if record.reason else "",
        metrics={sys.intern(name): value for name, value in record.metrics.items()} if record.status == "ok" else {},
        costs={name: value for name in COSTS if (value := getattr(record, name)) is not None},
        test_train_ratio=test / train if record.split == "drawn" and train and test else None,
        split=sys.intern(record.split),
        at_bound=bool(record.temperature and record.temperature.get("at_bound")),
        test_rows=int(test or 0),
        valid_rows=int(record.parts.get("valid", 0)),
        train_error=record.train_error,
        rows_file=record.rows_file if is_row_file(record.rows_file) else "",
        executor=sys.intern(str(record.executor.get("kind", ""))),
        code=sys.intern(str(code.get("hash"))),
        data=sys.intern(record.digests.get("data", "")),
        rows=sys.intern(record.digests.get("split", "")),
        common=sys.intern(repr(sorted((k, v) for k, v in code.items() if k not in ("hash", "method")))),
        probes={
            name: printable(probe["reason"]) for name, probe in record.probes.items() if probe["status"] == "failed"
        },
        sealed=bool(record.checksum),
    )
