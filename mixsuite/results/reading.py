"""What a results folder shows, as far as a table needs it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.experiment.spec import RunSpec, Task
from mixsuite.results.manifest import Manifest, load_manifest
from mixsuite.results.record import Record, read_latest

COSTS = ("seconds", "steps", "rows_per_step", "peak_memory", "parameters")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table needs of a record.

    reason:  its first line.
    costs:   those of COSTS that it has.
    test_train_ratio:   n_test / n_train where the split was drawn from the seed, else None.
    split:   "drawn", "official", or "" in records from before it was kept.
    at_bound: whether the fitted temperature lies at an end of its range.
    executor: "loop", "lockstep", or "" in records from before it was kept.
    code, common: fingerprints of all that made it, and of what a task's runs share (not the method): code of
              dataset, domain and core, libraries.
    data, rows: fingerprints of the data as read, and of the rows and labels of its split ("" if unknown).
    probes:  probe -> why it failed.
    """

    id: str
    status: str
    reason: str
    metrics: dict[str, float]
    costs: dict[str, float]
    test_train_ratio: float | None
    split: str
    at_bound: bool
    executor: str
    code: str
    common: str
    data: str
    rows: str
    probes: dict[str, str]


@dataclass(frozen=True)
class Results:
    """What a results folder shows.

    manifest: its cells, tasks and methods, in order.
    cells:  (task, method) -> seed -> outcome, for the runs that have a record.
    others: how many records in the folder belong to no cell shown.
    """

    manifest: Manifest
    cells: dict[tuple[str, str], dict[int, Outcome]] = field(default_factory=dict)
    others: int = 0

    def cell(self, task: Task, method: str) -> Cell:
        """One method on one task. What is wanted is every seed that any method of the task has."""
        return Cell(len(self._seeds[task.name]), self.cells.get((task.name, method), {}), task.primary)

    def only(self, runs: Iterable[RunSpec]) -> Results:
        """The same of some runs alone."""
        wanted: dict[tuple[str, str], set[int]] = {}
        for run in runs:
            wanted.setdefault((run.task.name, run.method.name), set()).add(run.seed)
        tasks = {name: task for name, task in self.manifest.tasks.items() if any(name == key[0] for key in wanted)}
        cells = {
            key: {s: o for s, o in cell.items() if s in wanted[key]}
            for key, cell in self.cells.items()
            if key in wanted
        }
        return Results(replace(self.manifest, tasks=tasks, cells=wanted), cells, self.others)

    @cached_property
    def _seeds(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {name: set() for name in self.manifest.tasks}
        for (task, _), seeds in self.manifest.cells.items():
            found[task] |= seeds
        return found


@dataclass(frozen=True)
class Cell:
    """A method on a task: how many seeds the task has, the runs that are there, the primary metric's name."""

    wanted: int
    outcomes: dict[int, Outcome]
    primary: str

    @cached_property
    def ok(self) -> dict[int, Outcome]:
        """seed -> outcome of the runs that are ok."""
        return {seed: o for seed, o in self.outcomes.items() if o.status == "ok"}

    @cached_property
    def status(self) -> str:
        """ok: all seeds there; skipped: all skipped; failed: a failed one stands; incomplete: some are missing."""
        found = {o.status for o in self.outcomes.values()}
        if "failed" in found:
            return "failed"
        if found == {"skipped"} or (found == {"ok"} and len(self.outcomes) == self.wanted):
            return found.pop()
        return "incomplete"

    @cached_property
    def values(self) -> dict[int, float]:
        """seed -> primary metric of the runs that are ok."""
        return {seed: o.metrics[self.primary] for seed, o in self.ok.items()}

    def metric(self, name: str) -> list[float] | None:
        """A metric of every seed; None unless every run is ok and has it."""
        found = [o.metrics.get(name) for o in self.outcomes.values()]
        return [v for v in found if v is not None] if self.status == "ok" and None not in found else None

    def cost(self, name: str) -> list[float]:
        """A cost of every ok run; nothing unless each has it."""
        found = [o.costs.get(name) for o in self.ok.values()]
        return [v for v in found if v is not None] if None not in found else []

    @cached_property
    def rows(self) -> float:
        """Rows that a run puts through the last stage in all its training, over differentiated passes; nan
        where it is not known."""
        found = [s * r for s, r in zip(self.cost("steps"), self.cost("rows_per_step"), strict=False)]
        return sum(found) / len(found) if found else float("nan")


def load_results(out: Path) -> Results:
    """Everything a report is made from.

    Raises:
        InputError: a foreign line in the records, or a matrix.toml that is not ours.
    """
    manifest = load_manifest(out)
    latest = read_latest(out, _outcome)
    cells: dict[tuple[str, str], dict[int, Outcome]] = {}
    found = 0
    for (task, method), ids in manifest.ids().items():
        primary = manifest.tasks[task].primary
        for seed, run_id in ids.items():
            outcome = latest.get(run_id)
            if outcome is None:
                continue
            if outcome.status == "ok" and primary not in outcome.metrics:
                raise InputError(f"{out}/records: run {run_id} ({task}, {method}, seed {seed}) has no {primary}")
            cells.setdefault((task, method), {})[seed] = outcome
            found += 1
    return Results(manifest, cells, len(latest) - found)


def _outcome(record: Record) -> Outcome:
    code = record.code
    train, test = record.parts.get("train"), record.parts.get("test")
    return Outcome(
        id=record.id,
        status=sys.intern(record.status),
        reason=record.reason.splitlines()[0] if record.reason else "",
        metrics={sys.intern(name): value for name, value in record.metrics.items()} if record.status == "ok" else {},
        costs={name: value for name in COSTS if (value := getattr(record, name)) is not None},
        test_train_ratio=test / train if record.split == "drawn" and train and test else None,
        split=sys.intern(record.split),
        at_bound=bool(record.temperature and record.temperature.get("at_bound")),
        executor=sys.intern(str(record.executor.get("kind", ""))),
        code=sys.intern(str(code.get("hash"))),
        data=sys.intern(record.digests.get("data", "")),
        rows=sys.intern(record.digests.get("split", "")),
        common=sys.intern(repr(sorted((k, v) for k, v in code.items() if k not in ("hash", "method")))),
        probes={name: seen["reason"] for name, seen in record.probes.items() if seen["status"] == "failed"},
    )
