"""Rebuild every derived file of a results folder, byte for byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.report.caveats import notes
from mixsuite.report.equal_compute import equal_compute
from mixsuite.report.overall import COLUMNS as OVERALL_COLUMNS
from mixsuite.report.overall import overall_table
from mixsuite.report.task import COLUMNS as TASK_COLUMNS
from mixsuite.report.task import task_table
from mixsuite.results.files import write_text
from mixsuite.results.manifest import task_stems
from mixsuite.results.reading import Results, load_results
from mixsuite.stats.primary import Primary

RUN_COLUMNS = ["domain", "dataset", "recipe", "method", "seed", "metric", "value", "status", "run_id"]


@dataclass(frozen=True)
class Report:
    """Every table of a results folder.

    tasks:    task -> its table.
    domains:  domain -> the table over its tasks.
    overall:  the table over all classification tasks.
    notes:    caveats, one sentence each.
    complete: whether every run shown is ok or skipped.
    asked:    the cells (task, method) that the call was about; None: all.
    """

    out: Path
    results: Results
    tasks: dict[str, pd.DataFrame]
    domains: dict[str, pd.DataFrame]
    overall: pd.DataFrame
    equal_compute: pd.DataFrame
    notes: list[str]
    complete: bool
    asked: frozenset[tuple[str, str]] | None = None

    def shown(self) -> dict[str, pd.DataFrame]:
        """The tables of the tasks that the call was about, with the rows of the methods that it was about."""
        if self.asked is None:
            return self.tasks
        tables = {}
        for task, table in self.tasks.items():
            rows = table[[(task, method) in self.asked for method in table["method"]]]
            if len(rows):
                tables[task] = rows
        return tables

    @property
    def runs(self) -> pd.DataFrame:
        """The tidy frame: one row per run and metric, as in runs.csv."""
        frame = pd.DataFrame([row for rows in run_rows(self.results) for row in rows], columns=RUN_COLUMNS)
        return frame.astype({"value": "float64"})

    def primary(self, task: str) -> Primary:
        """The primary metric of a task, on which its table is based."""
        return self.results.manifest.tasks[task].primary


def make_report(results: Results, out: Path) -> Report:
    """Make every table from what a results folder shows."""
    manifest = results.manifest
    tasks = list(manifest.tasks.values())
    tables = {task.name: task_table(results, task) for task in tasks}
    domains = {
        domain: overall_table(results, tables, [t for t in tasks if t.domain == domain])
        for domain in dict.fromkeys(t.domain for t in tasks)
    }
    num_runs = sum(map(len, manifest.cells.values()))
    num_done = sum(outcome.status != "failed" for cell in results.cells.values() for outcome in cell.values())
    return Report(
        out=out,
        results=results,
        tasks=tables,
        domains=domains,
        overall=overall_table(results, tables, [t for t in tasks if t.classification]),
        equal_compute=equal_compute(results),
        notes=notes(results, tables),
        complete=num_runs == num_done,
    )


Row = tuple[str, str, str, str, int, str, float | None, str, str]


def run_rows(results: Results) -> Iterator[list[Row]]:
    """Yield the rows of each run: one per metric and cost. A run without metrics has one row with an empty value."""
    for (name, method), cell in results.cells.items():
        task: Task = results.manifest.tasks[name]
        front = task.domain, task.shown_dataset, task.recipe_name, method
        for seed, outcome in cell.items():
            costs = {name: value for name, value in outcome.costs.items() if name != "parameters"}  # per task
            values: dict[str, float | None] = {**outcome.metrics, **costs}
            if outcome.status != "ok":
                values = {task.primary.name: None}
            yield [(*front, seed, metric, value, outcome.status, outcome.id) for metric, value in values.items()]


def _runs_text(results: Results) -> str:
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(RUN_COLUMNS)
    for rows in run_rows(results):
        table.writerows(rows)
    return buffer.getvalue()


def csv_text(table: pd.DataFrame) -> str:
    """Write a table as CSV: whole numbers without a point, others to six significant digits, missing ones empty."""
    shown = table.copy()
    for name in shown.columns:
        if shown[name].dtype.kind == "f":
            shown[name] = [format_number(v) for v in shown[name]]
    return shown.to_csv(index=False, lineterminator="\n")


def format_number(value: float) -> str:
    """Format a number: six significant digits; a whole number without a point; "" for NaN."""
    if not np.isfinite(value):
        return "" if np.isnan(value) else str(value)  # numbers near the largest have a spread beyond it
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def build(out: Path) -> Report:
    """Rebuild every derived file of a results folder from its records and matrix.toml.

    Raises:
        InputError: a foreign line in the records, a matrix.toml that mixsuite did not write, or a file that cannot be
            written.
    """
    results = load_results(out)
    report = make_report(results, out)
    files = {
        out / "runs.csv": _runs_text(results),
        out / "leaderboard.csv": csv_text(report.overall),
        out / "equal_compute.csv": csv_text(report.equal_compute),
    }
    names = task_stems(results.manifest)
    for task, table in report.tasks.items():
        files[out / "leaderboard" / f"{names[task]}.csv"] = csv_text(table)
    for domain, table in report.domains.items():
        files[out / "leaderboard" / f"{domain}.csv"] = csv_text(table)
    for path in (out / "leaderboard").glob("*.csv"):
        if path not in files and _is_ours(path):
            path.unlink()
    for path, text in files.items():
        write_text(path, text)
    return report


def _is_ours(path: Path) -> bool:
    """Whether a file begins as the tables of tasks and domains do; a user's own file stays."""
    with path.open("rb") as file:
        first = file.readline(1000).decode("utf-8", "replace")
    return any(first.startswith(",".join(columns[:4]) + ",") for columns in (TASK_COLUMNS, OVERALL_COLUMNS))
