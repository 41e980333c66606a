"""What is to be done: options, the runs a call is about, and which of them have a record already."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mixsuite.errors import InputError, unknown
from mixsuite.matrix import Matrix
from mixsuite.records import Record, RecordWriter, read_records
from mixsuite.resolve import Resolved, code_for, code_for_probe, make_dataset, resolve
from mixsuite.spec import RunSpec, file_names

Rerun = Literal["missing", "failed", "always"]
_ALLOWED = {
    "device": ("auto", "cpu", "cuda"),
    "executor": ("auto", "loop", "lockstep"),
    "rerun": ("missing", "failed", "always"),
}


@dataclass(frozen=True)
class Options:
    """How runs are carried out: none of it is part of a run's identity."""

    out: Path
    data: Path
    device: str = "auto"
    workers: int | None = None
    executor: str = "auto"
    rerun: Rerun = "missing"
    accept_old: bool = False
    timeout: float | None = None
    save_predictions: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown(name, getattr(self, name), allowed)
        if self.workers is not None and not 1 <= self.workers <= 1024:
            raise InputError(f"workers={self.workers}: allowed is 1 to 1024")
        if self.timeout is not None and not self.timeout > 0:
            raise InputError(f"timeout={self.timeout}: allowed is a number of seconds above 0")
        for path, good in [
            (self.out / "runs.csv", Path.is_file),
            (self.out / "leaderboard.csv", Path.is_file),
            (self.out / "equal_compute.csv", Path.is_file),
            (self.out / "matrix.toml", Path.is_file),
            (self.out / "leaderboard", Path.is_dir),
            (self.out / "records", Path.is_dir),
        ]:
            if path.exists() and not good(path):
                raise InputError(
                    f"--out {self.out}: {path.name} there is not what mixsuite writes; give another folder"
                )


@dataclass(frozen=True)
class Work:
    """What a call is about: every run asked for, those still to do, and what identifies their results."""

    runs: list[RunSpec]
    todo: list[RunSpec]
    code: dict[tuple[str, str], dict[str, Any]]  # (task, method) -> code fingerprint
    data: dict[str, str]  # task -> fingerprint of the data's files
    probes: dict[str, str]  # probe -> code fingerprint
    records: dict[str, Record]


def data_root(given: Path | None) -> Path:
    """The folder with data sets: as given, else MIXSUITE_DATA, else the user's cache folder.

    Raises:
        InputError: a folder was given that is not there.
    """
    if given is not None and not given.is_dir():
        raise InputError(f"--data {given}: no such folder")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return given or Path(os.environ.get("MIXSUITE_DATA") or cache / "mixsuite" / "data")


def plan_work(resolved: Resolved, options: Options) -> Work:
    """Which runs are still to do. Reads, writes nothing.

    Raises:
        InputError: data that are missing or damaged, a foreign line in the records, ...
    """
    data = {task.name: make_dataset(task).fingerprint(options.data) for task in resolved.tasks}
    runs = resolved.runs()
    records = read_records(options.out)
    code: dict[tuple[str, str], dict[str, Any]] = {}
    for run in runs:
        cell = run.task.name, run.method.name
        if cell not in code:
            code[cell] = code_for(run)
    probes = {probe.name: code_for_probe(probe) for probe in resolved.probes}
    todo = [run for run in runs if not _done(run, code, data, probes, records, options)]
    return Work(runs, todo, code, data, probes, records)


def _done(
    run: RunSpec,
    code: dict[tuple[str, str], dict[str, Any]],
    data: dict[str, str],
    probes: dict[str, str],
    records: dict[str, Record],
    options: Options,
) -> bool:
    record = records.get(run.id)
    if record is None or options.rerun == "always":
        return False
    if record.data != data[run.task.name]:
        return False
    same_code = record.code.get("hash") == code[run.task.name, run.method.name]["hash"]
    if not same_code and not options.accept_old:
        return False
    if record.status == "ok" and not _probed(record, probes, options):
        return False
    return record.status != "failed" or options.rerun == "missing"


def _probed(record: Record, probes: dict[str, str], options: Options) -> bool:
    """Whether a record has every probe asked for. A model is not kept, so a new probe means a new training."""

    def done(name: str, code: str) -> bool:
        seen = record.probes.get(name)
        if seen is None or (options.rerun == "failed" and seen["status"] == "failed"):
            return False
        return options.accept_old or seen["code"] == code

    return all(done(name, code) for name, code in probes.items())


def reuse(sources: Iterable[Path], work: Work, options: Options) -> None:
    """Copy the records of runs that are still to do from results folders which have them: of the same code, data and
    probes, and not failed. What other folders hold is not changed."""
    wanted = {run.id: run for run in work.todo}
    names = file_names(list({run.task.name: run.task for run in work.runs}.values()))
    for source in sources:
        if not wanted or not (source / "records").is_dir() or source.resolve() == options.out.resolve():
            continue
        there = {run_id: record for run_id, record in read_records(source).items() if record.status != "failed"}
        useful = [run for run in wanted.values() if _done(run, work.code, work.data, work.probes, there, options)]
        if useful:
            with RecordWriter(options.out) as writer:
                for run in useful:
                    writer.append(names[run.task.name], there[run.id])
                    del wanted[run.id]


def estimate(work: Work, rough: dict[str, float], workers: int) -> float:
    """Seconds that the work will take: from past runs of the task, else from a rough time per step."""
    past: dict[str, list[float]] = {}
    for record in work.records.values():
        if record.status == "ok" and record.seconds is not None:
            past.setdefault(record.names["task"], []).append(record.seconds)
    total = 0.0
    for run in work.todo:
        seen = past.get(run.task.name)
        params = dict(run.method.call.params)
        total += sum(seen) / len(seen) if seen else rough[run.task.name] * params.get("length", 1)
    return total / workers + 3.0


def prepare(
    matrix: Matrix,
    options: Options,
    methods: list[str] | None = None,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
) -> tuple[Resolved, Work]:
    """Everything that can be refused without training.

    Raises:
        InputError: bad input of any kind; nothing has been written.
    """
    resolved = resolve(matrix, methods, datasets, seeds)
    work = plan_work(resolved, options)
    if not work.runs:
        raise InputError(f"matrix '{matrix.name}': no cell is left to run (all excluded, or none named)")
    return resolved, work
