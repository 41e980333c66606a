"""Records to rows: the tidy frame of runs, and the cells of each task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mixsuite.records import Record, read_records
from mixsuite.shown import Shown, load_shown

RUN_COLUMNS = ["domain", "dataset", "recipe", "method", "seed", "metric", "value", "status", "run_id"]


@dataclass(frozen=True)
class Results:
    """What a results folder shows.

    shown:   its cells, tasks and methods, in order.
    records: (task, method, seed) -> record, for the runs that have one.
    others:  how many records in the folder belong to no cell shown.
    """

    shown: Shown
    records: dict[tuple[str, str, int], Record]
    others: int


def load_results(out: Path) -> Results:
    """Everything a report is made from.

    Raises:
        InputError: a foreign line in the records, or a matrix.toml that is not ours.
    """
    shown, latest = load_shown(out), read_records(out)
    records = {}
    for run in shown.runs():
        record = latest.get(run.id)
        if record is not None:
            records[run.task.name, run.method.name, run.seed] = record
    return Results(shown, records, len(latest) - len(records))


def run_rows(results: Results) -> pd.DataFrame:
    """One row a run and metric; a run without metrics has one row, its value empty."""
    rows = []
    for (task, method, seed), record in results.records.items():
        shown = results.shown.tasks[task]
        front = (shown.domain, shown.shown_dataset, shown.recipe_name, method, seed)
        metrics = record.metrics if record.status == "ok" else {}
        for metric, value in metrics.items() or [(shown.primary, None)]:
            rows.append((*front, metric, value, record.status, record.id))
    frame = pd.DataFrame(rows, columns=RUN_COLUMNS)
    return frame.astype({"value": "float64"})


def notes(results: Results) -> list[str]:
    """What a reader of the tables must know: other records, tables that mix codes, what failed."""
    said = []
    if results.others:
        said.append(f"{results.others} records of other cells or of former values are in the folder and not shown")
    common: dict[str, set[str]] = {}
    cells: dict[tuple[str, str], set[str]] = {}
    for (task, method, _), record in results.records.items():
        code = record.code
        shared = {k: v for k, v in code.items() if k not in ("hash", "method")}
        common.setdefault(task, set()).add(repr(sorted(shared.items(), key=lambda item: item[0])))
        cells.setdefault((task, method), set()).add(str(code.get("hash")))
    mixed = {task for task, codes in common.items() if len(codes) > 1}
    mixed |= {task for (task, _), codes in cells.items() if len(codes) > 1}
    said += [f"{task}: this table mixes results of different code" for task in results.shown.tasks if task in mixed]
    failed = [r for r in results.records.values() if r.status == "failed"]
    for record in failed[:20]:
        first = record.reason.splitlines()[0] if record.reason else ""
        said.append(f"failed: {record.names['task']} {record.names['method']} seed {record.seed}: {first}")
    if len(failed) > 20:
        said.append(f"failed: {len(failed) - 20} more")
    skipped = {
        (r.names["method"], r.names["task"]): r.reason for r in results.records.values() if r.status == "skipped"
    }
    said += [f"skipped: {method} x {task}: {reason}" for (method, task), reason in skipped.items()]
    return said
