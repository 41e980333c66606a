"""Compare methods that cost more than the reference with controls that cost as much.

The cost is the number of rows that go through the last stage in the whole training, over differentiated passes. A
method that trains on K times as many rows may win by these rows alone, so it has to beat longer training, larger
batches and fresh partners at the same cost. A method's own twin is a control too: it costs the same and trains on no
more rows.
"""

from __future__ import annotations

import statistics

import pandas as pd

from mixsuite.experiment.spec import MethodSpec, Task
from mixsuite.report.looks import compare_cells
from mixsuite.report.task import compared
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.verdicts import COUNTED, count, judge

COLUMNS = [
    "task", "method", "control", "rows", "control_rows", "pairs", "diff", "diff_low", "diff_high", "p", "p_holm",
    "verdict", "least_effect", "metric", "direction", "relative", "relative_low", "relative_high", "within_margin",
    "time_ratio",
]  # fmt: skip
ALIKE = 1.25  # rows within this factor are equal compute


def equal_compute(results: Results) -> pd.DataFrame:
    """Compare costlier methods with controls: a row per task, method and control. Each task is one family of tests."""
    rows = [row for task in results.manifest.tasks.values() for row in _of_task(results, task)]
    return pd.DataFrame(rows, columns=COLUMNS)


def costlier_methods(results: Results, task: Task) -> dict[str, list[str]]:
    """Method that costs more than the reference -> the controls that cost as much (there may be none).

    Controls are methods that train on more rows, and a method's own twins, which cost as much but train on no more.
    """
    cells, methods = _cells(results, task), results.manifest.methods
    base = cells.get(results.manifest.reference)
    if base is None:
        return {}
    return {
        m: [c for c in cells if _controls(methods[c], methods[m]) and same_compute(cells[c].rows, cells[m].rows)]
        for m in cells
        if not methods[m].control and cells[m].rows > ALIKE * base.rows
    }


def same_compute(rows: float, others: float) -> bool:
    """Whether two costs in rows count as equal compute: they differ by at most the factor ALIKE."""
    return 1 / ALIKE <= rows / others <= ALIKE


def _controls(control: MethodSpec, method: MethodSpec) -> bool:
    return control.control == "compute" or (control.control == "twin" and control.call.name == method.call.name)


def _cells(results: Results, task: Task) -> dict[str, Cell]:
    names = [m for m in results.manifest.methods if (task.name, m) in results.manifest.cells]
    return {m: cell for m in names if (cell := results.cell(task, m)).ok}


def _of_task(results: Results, task: Task) -> list[dict[str, object]]:
    cells = _cells(results, task)
    pairs = [(m, c) for m, controls in costlier_methods(results, task).items() for c in controls]
    family = {(m, c): compare_cells(results, task, cells[m], cells[c]) for m, c in pairs}
    return [
        {"task": task.name, "method": m, "control": c, "rows": cells[m].rows, "control_rows": cells[c].rows}
        | {"metric": task.primary.name, "direction": task.primary.better}
        | compared(verdict)
        | {"time_ratio": time_ratio(cells[m], cells[c])}
        for (m, c), verdict in judge(family).items()
    ]


def time_ratio(method: Cell, control: Cell) -> float:
    """Seconds of the method's training as a multiple of its control's: the median over seeds.

    Equal rows may take unequal time: what draws, looks at rows or differentiates twice pays for it beside the net. It
    is nan unless one executor trained all runs.
    """
    both = [(one, control.ok[seed]) for seed, one in method.ok.items() if seed in control.ok]
    seconds = [(one.costs.get("seconds"), other.costs.get("seconds")) for one, other in both]
    ratios = [mine / its for mine, its in seconds if mine and its]
    executors = {run.executor for pair in both for run in pair}
    return statistics.median(ratios) if ratios and len(executors) == 1 else float("nan")


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Summarise the table over tasks: how often each method is better or worse than the control."""
    rows = []
    for (method, control), part in table.groupby(["method", "control"], sort=False):
        rows.append({"method": method, "control": control, "tasks": len(part), **count(part["verdict"])})
    return pd.DataFrame(rows, columns=["method", "control", "tasks", *COUNTED])
