"""The accepted baseline: a CSV file with one row per run and metric, and the runs that it is made from."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

from mixsuite.errors import InputError
from mixsuite.regression.yardstick import Yardstick, load_yardstick
from mixsuite.results.files import rewriting, write_text
from mixsuite.results.manifest import load_manifest
from mixsuite.results.record import Record
from mixsuite.results.record_files import read_latest
from mixsuite.stats.margins import Margin
from mixsuite.stats.primary import Primary

STAGES = ("data", "split", "init", "order", "draws", "plan", "weights")
COLUMNS = [
    "domain", "dataset", "recipe", "method", "seed", "metric", "value", *(f"digest_{stage}" for stage in STAGES),
    "code", "executor", "machine", "commit",
]  # fmt: skip
# Later versions added these columns at the right; a baseline without them can be read too. Only a run's first row fills
# them.
ADDED = ["run_id", "code_parts", "spec", "margin", "primary", "direction", "optimum"]
COSTS = ("seconds", "peak_memory")
Key = tuple[str, str, str, str]  # domain, dataset, recipe, method


@dataclass(frozen=True)
class BaselineRun:
    """The part of a run that a comparison with the baseline needs.

    metrics: metrics and costs; costs also as ratios to the yardstick ("seconds_ratio") if it was timed beside the runs.
    digests: stage -> digest, "" if unknown.
    code:    hash of all the code.
    parts:   the code's parts, name -> hash or version; empty if unknown.
    machine: name -> value; empty if unknown.
    spec:    recipe and parameters, name -> value; empty if unknown.
    margin:  the margin of its matrix, "" for the default.
    judged_by: the metric that is gated, if the matrix names one.
    reason:  why there are no metrics; "" if there are.
    """

    key: Key
    seed: int
    metrics: dict[str, float]
    digests: dict[str, str]
    code: str
    executor: str
    machine: dict[str, str]
    id: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    spec: dict[str, str] = field(default_factory=dict)
    margin: str = ""
    judged_by: Primary | None = None
    reason: str = ""

    @property
    def primary(self) -> Primary:
        """The metric that is gated; the error or the RMSE if the matrix names none."""
        return self.judged_by or Primary("error" if "error" in self.metrics else "rmse")

    @property
    def value(self) -> float:
        """The value of the metric that is gated."""
        return self.metrics[self.primary.name]


Cells = dict[Key, dict[int, BaselineRun]]


@dataclass(frozen=True)
class Baseline:
    """The accepted results. commit: the one that they were made at, "" if unknown."""

    path: Path
    cells: Cells
    commit: str

    @property
    def runs(self) -> int:
        """The number of runs."""
        return sum(map(len, self.cells.values()))


def read_cells(out: Path) -> Cells:
    """Read the runs that a results folder shows, by cell and seed.

    Runs that are missing or not ok have a reason and no metrics.

    Raises:
        InputError: no results there, a foreign line in the records, or a run without its primary metric.
    """
    if not (out / "matrix.toml").is_file():
        raise InputError(
            f"--out {out}: no results there (no matrix.toml); make some with: mixsuite run MATRIX --out {out}"
        )
    yardstick, manifest = load_yardstick(out), load_manifest(out)
    latest = read_latest(out, lambda record: _run(record, yardstick))
    margin = "" if manifest.margin is None else str(manifest.margin)
    cells: Cells = {}
    for (name, method), ids in manifest.ids().items():
        task = manifest.tasks[name]
        key = (task.domain, task.shown_dataset, task.recipe_name, method)  # as shown now: records may bear older names
        for seed, run_id in ids.items():
            run = latest.get(run_id) or BaselineRun(key, seed, {}, {}, "", "", {}, reason="not run")
            metric = task.primary.name
            if not run.reason and metric not in run.metrics:
                raise InputError(f"{out}/records: run {run_id} ({name}, {method}, seed {seed}) has no {metric}")
            cells.setdefault(key, {})[seed] = replace(run, key=key, margin=margin, judged_by=task.judged_by)
    return cells


def _run(record: Record, yardstick: Yardstick | None) -> BaselineRun:
    names, code = record.names, record.code
    metrics: dict[str, float] = {}
    if record.status == "ok":
        costs = {name: float(value) for name in COSTS if (value := getattr(record, name)) is not None}
        metrics = record.metrics | costs | (yardstick.ratios(costs, record.time) if yardstick else {})
    return BaselineRun(
        key=(names["domain"], names["dataset"], names["recipe"], names["method"]),
        seed=record.seed,
        metrics=metrics,
        digests={stage: record.digests.get(stage, "") for stage in STAGES},
        code=str(code.get("hash", "")),
        executor="/".join(str(record.executor[k]) for k in ("kind", "block") if k in record.executor),
        machine={k: str(v) for k, v in record.machine.items()},
        id=record.id,
        parts=flat({k: v for k, v in code.items() if k != "hash"}),
        spec=flat({k: v for k, v in record.spec.items() if k != "seed"}),
        reason=""
        if record.status == "ok"
        else f"{record.status}: {record.reason.splitlines()[0] if record.reason else ''}",
    )


def flat(value: dict[str, Any], front: str = "") -> dict[str, str]:
    """Flatten nested names: {"recipe.lr": "0.05"}. The levels "params" and "libraries" are left out of the names.

    Args:
        value: the nested dictionary.
        front: the prefix of every name.
    """
    result: dict[str, str] = {}
    for key, inner in value.items():
        name = front if key in ("params", "libraries") else f"{front}.{key}" if front else key
        if isinstance(inner, dict):
            result |= flat(inner, name)
        else:
            result[name] = json.dumps(inner) if not isinstance(inner, str) else inner
    return result


def accept(out: Path, path: Path) -> str:
    """Write what a results folder shows as the baseline; return a sentence that says what it replaces.

    The file is written whole or not at all.

    Raises:
        InputError: the folder has failed or missing runs or no ok one, or the file cannot be read or written.
    """
    cells = read_cells(out)
    runs = [run for cell in cells.values() for run in cell.values()]
    bad = [run for run in runs if run.reason.startswith("failed")]
    if bad:
        raise InputError(f"{out}: {len(bad)} failed runs stand ({_where(bad[0])}); a baseline has none")
    missing = sum(run.reason == "not run" for run in runs)
    if missing:
        raise InputError(f"{out}: {missing} of {len(runs)} runs are missing; finish them first")
    ok_runs = [run for run in runs if not run.reason]
    if not ok_runs:
        raise InputError(f"{out}: no run is ok; there is nothing to accept")
    with rewriting(path):
        former = load_baseline(path) if path.exists() else None
        write_text(path, _text(ok_runs, commit_of(Path.cwd())))
        now = load_baseline(path)
    summary = f"{path}: {len(now.cells)} cells, {now.runs} runs"
    return f"{summary}; {_replaced(former, now)}" if former else f"{summary}; there was none before"


def _where(run: BaselineRun) -> str:
    return f"{run.key[1]} {run.key[3]} seed {run.seed}"


def _replaced(former: Baseline, now: Baseline) -> str:
    both = former.cells.keys() & now.cells.keys()
    other = sum(_values(former.cells[key]) != _values(now.cells[key]) for key in both)
    at = f" of commit {former.commit}" if former.commit else ""
    new, gone = (len(a.cells.keys() - b.cells.keys()) for a, b in ((now, former), (former, now)))
    return f"replaces {len(former.cells)} cells{at}: {new} new, {gone} gone, {other} with other values"


def _values(cell: dict[int, BaselineRun]) -> dict[int, float]:
    return {seed: run.value for seed, run in cell.items()}


def commit_of(folder: Path) -> str:
    """The commit that is checked out, or "" outside a repository.

    "-dirty" is added if tracked files differ from the commit; results do not count.
    """

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(exclude,top)results")
        return git("rev-parse", "--short=12", "HEAD") + ("-dirty" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _pairs_text(values: dict[str, str]) -> str:
    """Write a dictionary as JSON for one CSV cell."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else ""


def _pairs(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()} if text else {}


def _text(runs: Iterable[BaselineRun], commit: str) -> str:
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow([*COLUMNS, *ADDED])
    for run in runs:
        judged = run.judged_by
        once = [run.id, _pairs_text(run.parts), _pairs_text(run.spec), run.margin]
        once += [judged.name, judged.better, f"{judged.optimum:g}"] if judged else ["", "", ""]
        ordered = {run.primary.name: run.value} | run.metrics
        for metric, value in ordered.items():
            made = [run.code, run.executor, _pairs_text(run.machine), commit]
            table.writerow([*run.key, run.seed, metric, value, *run.digests.values(), *made, *once])
            once = [""] * len(ADDED)
    return buffer.getvalue()


def load_baseline(path: Path) -> Baseline:
    """Read a baseline, in the present or an earlier format.

    Raises:
        InputError: there is no such file, or a line is no row of a baseline (the message names it).
    """
    if not path.is_file():
        raise InputError(f"--baseline {path}: no such file; accept one: mixsuite baseline accept --out results/regress")
    cells: Cells = {}
    commits: set[str] = set()
    number = 1
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or [])]
            if missing:
                raise InputError(f"{path}, line 1: not a baseline: no column {', '.join(missing)}")
            for row in table:
                number = table.line_num
                _add(cells, row)
                commits.add(row["commit"])
    except (csv.Error, UnicodeDecodeError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}, line {number}: not a row of a baseline: {error}") from None
    if not cells:
        raise InputError(f"{path}: it has no rows; accept one: mixsuite baseline accept --out results/regress")
    for cell in cells.values():
        for run in cell.values():
            if run.primary.name not in run.metrics:
                wanted = run.judged_by.name if run.judged_by else "error, and no rmse"
                raise InputError(f"{path}: {_where(run)} has no {wanted}")
    return Baseline(path, cells, ", ".join(sorted(commits - {""})))


def _add(cells: Cells, row: dict[str, str]) -> None:
    if None in row or None in row.values():
        raise ValueError(f"{len(row)} cells are too few or too many")
    value, seed = float(row["value"]), int(row["seed"])
    if not isfinite(value):
        raise ValueError(f"value {row['value']} is not finite")
    margin = row.get("margin", "")
    if margin:
        Margin.parse(margin if "%" in margin else float(margin))
    judged_by = None
    if row.get("primary"):
        judged_by = Primary(row["primary"], row["direction"], float(row["optimum"]))  # type: ignore[arg-type]
    key = (row["domain"], row["dataset"], row["recipe"], row["method"])
    run = cells.setdefault(key, {}).get(seed)
    if run is None:
        run = cells[key][seed] = BaselineRun(
            key=key,
            seed=seed,
            metrics={},
            digests={stage: row[f"digest_{stage}"] for stage in STAGES},
            code=row["code"],
            executor=row["executor"],
            machine=_pairs(row["machine"]),
            id=row.get("run_id", ""),
            parts=_pairs(row.get("code_parts", "")),
            spec=_pairs(row.get("spec", "")),
            margin=margin,
            judged_by=judged_by,
        )
    if row["metric"] in run.metrics:
        raise ValueError(f"{row['metric']} of {_where(run)} stands twice")
    run.metrics[row["metric"]] = value
