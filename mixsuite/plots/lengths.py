"""Draw <out>/lengths/<task>.png: how differences from the reference go as all methods are trained longer."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from mixsuite.experiment.spec import Task
from mixsuite.plots.save import save
from mixsuite.report.convergence import not_stretched
from mixsuite.report.leaderboard import Report
from mixsuite.report.pairs import task_margin
from mixsuite.results.manifest import task_stems
from mixsuite.stats.convergence import MOVED

Row = dict[Any, Any]  # of a task's table; empty where a method has no run
_MARKERS = "osD^vP*X<>"


def draw_lengths(report: Report) -> None:
    """Draw every task of a results folder that is there at several lengths; the pictures are made from its records.

    Raises:
        InputError: a picture cannot be written.
    """
    tasks, names = list(report.results.manifest.tasks.values()), task_stems(report.results.manifest)
    for task in not_stretched(tasks):
        lengths = [task, *sorted((t for t in tasks if t.stretches(task)), key=lambda t: t.length)]
        if len(lengths) > 1:
            save(_figure(report, lengths), report.out / "lengths" / f"{names[task.name]}.png")


def _figure(report: Report, tasks: list[Task]) -> Any:
    from matplotlib.figure import Figure

    tables = [{row["method"]: row for row in report.tasks[task.name].to_dict("records")} for task in tasks]
    methods = [m for m in report.results.manifest.methods if any(m in table for table in tables)]
    figure = Figure(figsize=(9, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    places = np.arange(len(tasks), dtype=float)
    _margin(above, report, tasks, places)
    for number, method in enumerate(methods):
        rows = [table.get(method, {}) for table in tables]
        style = {"color": f"C{number % 10}", "marker": _MARKERS[number // 10 % len(_MARKERS)], "markersize": 5}
        _differences(above, rows, places + 0.04 * (number - len(methods) / 2), style)
        _errors(below, rows, places, style, method)
    primary = tasks[0].primary
    above.axhline(0, color="#24292f", linewidth=0.8)
    above.set_ylabel(f"{primary.name}, difference from {report.results.manifest.reference}")
    above.set_title(
        f"{tasks[0].name}: {primary.name} over the length of training, {primary.better} is better\n"
        "above: 95 % intervals, paired by seed; grey: the margin of equality; hollow: shown not to have converged\n"
        "below: means on test rows (solid) and training rows (dotted; error or RMSE)",
        fontsize=9,
    )
    below.set_ylabel(primary.name)
    below.set_xticks(places, [f"×{task.length}" for task in tasks])
    below.set_xlabel("length, as a multiple of the recipe's")
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    for axis in (above, below):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return figure


def _margin(axis: Any, report: Report, tasks: list[Task], places: np.ndarray) -> None:
    results = report.results
    reference, margin = results.manifest.reference, results.manifest.margin
    for task, place in zip(tasks, places, strict=True):
        half = task_margin(task, results.cell(task, reference), margin)
        axis.fill_between([place - 0.45, place + 0.45], -half, half, color="#d0d7de", alpha=0.5, linewidth=0)


def _differences(axis: Any, rows: list[Row], places: np.ndarray, style: dict[str, Any]) -> None:
    """One method's differences with their intervals; a point is hollow where the comparison has not converged."""
    known = [(place, row) for place, row in zip(places, rows, strict=True) if row.get("diff", nan) == row.get("diff")]
    if not known:
        return
    axis.plot([p for p, _ in known], [r["diff"] for _, r in known], color=style["color"], linewidth=0.8, alpha=0.6)
    for place, row in known:
        axis.plot([place, place], [row["diff_low"], row["diff_high"]], color=style["color"], linewidth=1.4)
        face = "white" if row["converged"] in MOVED else style["color"]
        axis.plot([place], [row["diff"]], linestyle="", markerfacecolor=face, **style)


def _errors(axis: Any, rows: list[Row], places: np.ndarray, style: dict[str, Any], method: str) -> None:
    means, trained = ([row.get(name, nan) for row in rows] for name in ("mean", "train_error"))
    axis.plot(places, means, label=method, linewidth=1.2, **style)
    axis.plot(places, trained, color=style["color"], linewidth=1, linestyle=":")
