"""The plan of a call: its runs, which of them have a record already, and what identifies their results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from mixsuite.errors import InputError, unknown
from mixsuite.execution.devices import cards_of
from mixsuite.experiment.code import CodeIdentity, code_of_evaluation, code_of_run
from mixsuite.experiment.matrix import Matrix
from mixsuite.experiment.resolve import Experiment, resolve
from mixsuite.experiment.spec import RunSpec
from mixsuite.results.manifest import Looks, load_manifest, task_stems
from mixsuite.results.record import Record
from mixsuite.results.record_files import RecordWriter, read_records
from mixsuite.results.row_files import copy_row_file

Rerun = Literal["missing", "failed", "always"]
ALLOWED = {
    "executor": ("auto", "loop", "lockstep"),
    "rerun": ("missing", "failed", "always"),
}
_DERIVED = ("runs.csv", "leaderboard.csv", "equal_compute.csv", "matrix.toml")


@dataclass(frozen=True)
class Options:
    """How runs are carried out. No option is part of a run's identity.

    out:      the results folder.
    data:     the data root.
    device:   "auto", "cpu", "cuda", or cards by number, "cuda:0,1".
    workers:  number of worker processes; None: one per core, or one on each GPU.
    rerun:    which runs to train: "missing", also those that "failed", or "always" all.
    accept_old: accept results of earlier code as done.
    timeout:  seconds that a run may take.
    save_predictions: keep each run's test outputs in <out>/predictions/.
    save_weights: keep each run's trained weights in <out>/weights/.
    stop_at:  when nothing new begins, and what trains ends at its next checkpoint, in seconds as ``time.time`` counts;
              None: never.

    Raises:
        InputError: a value that is not allowed, or a folder that holds something else.
    """

    out: Path
    data: Path
    device: str = "auto"
    workers: int | None = None
    executor: str = "auto"
    rerun: Rerun = "missing"
    accept_old: bool = False
    timeout: float | None = None
    save_predictions: bool = False
    save_weights: bool = False
    stop_at: float | None = None

    def __post_init__(self) -> None:
        for name, allowed in ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        cards_of(self.device)
        if self.workers is not None and not 1 <= self.workers <= 1024:
            raise InputError(f"workers={self.workers}: allowed is 1 to 1024")
        if self.timeout is not None and not self.timeout > 0:
            raise InputError(f"timeout={self.timeout}: allowed is a number of seconds above 0")
        files = [(name, Path.is_file) for name in _DERIVED]
        for name, is_kind in [*files, ("leaderboard", Path.is_dir), ("records", Path.is_dir)]:
            path = self.out / name
            if path.exists() and not is_kind(path):
                raise InputError(f"--out {self.out}: {name} there is not what mixsuite writes; give another folder")


@dataclass(frozen=True)
class CallPlan:
    """What a call asks for and what exists already. All of it is read once, before anything is written.

    runs:    every run asked for.
    code:    (task, method) -> identity of the code.
    data:    task -> fingerprint of its files.
    evaluations: probe or metric -> identity of its code.
    looks:   where seeds are added until decided.
    records: run id -> the latest record in the results folder.
    tuning:  run id -> what chose its setting, for its record.
    shown:   whether the folder's tables show these runs; candidates and tuned runs are no cells of a matrix.
    """

    matrix: Matrix
    experiment: Experiment
    options: Options
    runs: list[RunSpec]
    code: dict[tuple[str, str], CodeIdentity]
    data: dict[str, str]
    evaluations: dict[str, str]
    records: dict[str, Record]
    looks: Looks | None = None
    tuning: dict[str, dict[str, Any]] = field(default_factory=dict)
    shown: bool = True

    @property
    def title(self) -> str:
        """The size of the call, in one line."""
        runs = f"{len(self.todo)} of {len(self.runs)} runs to train"
        if not self.shown:
            return f"{self.matrix.name}: tuning; {runs}"
        size = f"{len(self.experiment.tasks)} tasks x {len(self.experiment.methods)} methods"
        return f"{self.matrix.name}: {size} x {len(self.experiment.seeds)} seeds; {runs}"

    @cached_property
    def todo(self) -> list[RunSpec]:
        """The runs that have no valid record yet."""
        return [run for run in self.runs if not self.stands(self.records.get(run.id), run)]

    def refreshed(self) -> CallPlan:
        """The same plan with the records as they are now: another call may have ended since."""
        return replace(self, records=read_records(self.options.out))

    def stands(self, record: Record | None, run: RunSpec) -> bool:
        """Whether a record is a valid result of a run.

        It is made from the same data and code, with all probes and metrics that are asked for.
        """
        if record is None or self.options.rerun == "always" or record.data != self.data[run.task.name]:
            return False
        same_code = record.code.get("hash") == self.code[run.task.name, run.method.name].hash
        if not same_code and not self.options.accept_old:
            return False
        asked = [spec.name for spec in (*self.experiment.probes, *self.experiment.metrics_for(run.task))]
        if record.status == "ok":
            return all(self._has(record, name) for name in asked) and run.task.primary.name in record.metrics
        if any(name in record.probes and not self._has(record, name) for name in asked):
            return False  # its primary metric failed, and has another code now
        return record.status != "failed" or self.options.rerun == "missing"

    def _has(self, record: Record, name: str) -> bool:
        """Whether a record has a probe or a metric. Models are not kept, so a new one needs a new training."""
        evaluation = record.probes.get(name)
        if evaluation is None or (self.options.rerun == "failed" and evaluation["status"] == "failed"):
            return False
        return self.options.accept_old or bool(evaluation["code"] == self.evaluations[name])


def plan_call(
    matrix: Matrix,
    options: Options,
    methods: list[str] | None = None,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
) -> CallPlan:
    """Plan a call, and refuse everything that can be refused without training. It reads files and writes none.

    Args:
        matrix: as it was read.
        options: how the runs are carried out.
        methods: as for ``resolve``.
        datasets: as for ``resolve``.
        seeds: as for ``resolve``.

    Raises:
        InputError: bad input of any kind, missing or damaged data, or a foreign line in the records.
    """
    experiment = resolve(matrix, methods, datasets, seeds)
    runs = experiment.runs()
    if not runs:
        raise InputError(f"matrix '{matrix.name}': no cell is left to run (all excluded, or none named)")
    data = {task.name: experiment.parts_of[task.name].dataset.fingerprint(options.data) for task in experiment.tasks}
    records = read_records(options.out)
    cells = dict.fromkeys((run.task.name, run.method.name) for run in runs)
    code = {
        (task, method): code_of_run(experiment.method_of[method], experiment.parts_of[task]) for task, method in cells
    }
    plugins = experiment.probe_of | experiment.metric_of
    evaluations = {name: code_of_evaluation(plugin) for name, plugin in plugins.items()}
    return CallPlan(matrix, experiment, options, runs, code, data, evaluations, records)


def reuse(folders: Iterable[Path], plan: CallPlan) -> CallPlan:
    """Copy valid records of the runs still to do from other results folders, and return the refreshed plan.

    Failed records are not copied. The other folders are not changed.

    Raises:
        InputError: a foreign line in a folder's records, or the plan's folder cannot be written.
    """
    missing = {run.id: run for run in plan.todo}
    known = load_manifest(plan.options.out)
    known.add(plan.runs)  # so each task has the file that it will have when the manifest is written
    names = task_stems(known)
    for folder in folders:
        if not missing or not (folder / "records").is_dir() or folder.resolve() == plan.options.out.resolve():
            continue
        records = {run_id: record for run_id, record in read_records(folder).items() if record.status != "failed"}
        useful = [run for run in missing.values() if plan.stands(records.get(run.id), run)]
        if useful:
            with RecordWriter(plan.options.out) as writer:
                for run in useful:
                    copy_row_file(folder, plan.options.out, records[run.id].rows_file)
                    writer.append(names[run.task.name], records[run.id])
                    del missing[run.id]
    return plan.refreshed()


def costs(plan: CallPlan, rough: dict[str, float]) -> dict[str, float]:
    """Estimate the seconds that each run still to do will take: from past runs of the task, else from a rough time.

    Args:
        plan: of the call.
        rough: task -> rough seconds of one run.

    Returns:
        Run id -> seconds.
    """
    past: dict[str, list[float]] = {}
    for record in plan.records.values():
        if record.status == "ok" and record.seconds is not None:
            past.setdefault(record.names["task"], []).append(record.seconds)
    found = {}
    for run in plan.todo:
        known = past.get(run.task.name)
        length = dict(run.method.call.params).get("length", 1)
        found[run.id] = sum(known) / len(known) if known else rough[run.task.name] * length
    return found
