"""Draw <out>/sweeps/<method>-<parameter>.png: differences from the reference over the values of one parameter."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

import numpy as np

from mixsuite.experiment.spec import MethodSpec
from mixsuite.plots.save import save
from mixsuite.report.convergence import not_stretched
from mixsuite.report.leaderboard import Report
from mixsuite.report.pairs import task_margin
from mixsuite.results.names import file_stems
from mixsuite.stats.verdicts import BETTER, WORSE

FEWEST = 3  # values of a sweep
_COLUMNS, _LOG_FROM = 3, 8  # panels beside each other; the ratio of values from which on the axis is logarithmic
_MOST_TICKS = 8
_COLOUR = "#0969da"
Sweep = dict[float, str]  # value -> method


def sweeps(methods: list[MethodSpec]) -> dict[str, Sweep]:
    """The sweeps among methods: "method, parameter" -> value -> method's name.

    A sweep is three or more methods that differ in the value of one number.
    """
    families: dict[tuple[Any, ...], Sweep] = {}
    for method in methods:
        params = dict(method.call.params)
        for key, value in params.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
                rest = tuple(sorted((k, repr(v)) for k, v in params.items() if k != key))
                families.setdefault((method.call.name, key, rest), {})[float(value)] = method.name
    found: dict[str, Sweep] = {}
    for (name, key, _), values in families.items():
        if len(values) >= FEWEST:
            title = f"{name}, {key}"
            alike = sum(other.partition(" (")[0] == title for other in found)
            found[f"{title} ({alike + 1})" if alike else title] = dict(sorted(values.items()))
    return found


def draw_sweeps(report: Report) -> None:
    """Draw every sweep of a results folder: a panel for each task.

    Raises:
        InputError: a picture cannot be written.
    """
    found = sweeps(list(report.results.manifest.methods.values()))
    stems = file_stems(title.replace(", ", "-") for title in found)
    for title, sweep in found.items():
        save(_figure(report, title, sweep), report.out / "sweeps" / f"{stems[title.replace(', ', '-')]}.png")


def _figure(report: Report, title: str, sweep: Sweep) -> Any:
    from matplotlib.figure import Figure

    tasks = [
        task
        for task in not_stretched(report.results.manifest.tasks.values())
        if set(sweep.values()) & set(report.tasks[task.name]["method"])
    ]
    rows = ceil(len(tasks) / _COLUMNS)
    figure = Figure(figsize=(4 * min(len(tasks), _COLUMNS), 3 * rows + 0.8), layout="constrained")
    panels = figure.subplots(rows, min(len(tasks), _COLUMNS), squeeze=False).ravel()
    reference = report.results.manifest.reference
    for axis, task in zip(panels, tasks, strict=False):
        base = report.results.cell(task, reference)
        margin = task_margin(task, base, report.results.manifest.margin)
        axis.axhspan(-margin, margin, color="#d0d7de", alpha=0.5, linewidth=0)
        axis.axhline(0, color="#24292f", linewidth=0.8)
        _curve(axis, {row["method"]: row for row in report.tasks[task.name].to_dict("records")}, sweep)
        axis.set_title(f"{task.name}\n{task.primary.name}, {task.primary.better} is better", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in panels[len(tasks) :]:
        axis.set_visible(False)
    figure.supxlabel(title.partition(", ")[2], fontsize=9)
    figure.suptitle(
        f"{title}: difference from {reference}, 95 % intervals\n"
        "filled: better or worse (Holm over the table); grey: the margin of equality",
        fontsize=9,
    )
    return figure


def _curve(axis: Any, rows: dict[str, dict[Any, Any]], sweep: Sweep) -> None:
    known = [(value, rows[m]) for value, m in sweep.items() if m in rows and rows[m]["diff"] == rows[m]["diff"]]
    values = np.array([value for value, _ in known])
    if len(values) and values.min() > 0 and values.max() / values.min() >= _LOG_FROM:
        axis.set_xscale("log")
        apart = np.geomspace(values[0], values[-1], _MOST_TICKS)  # a hundred labels would stand upon each other
        shown = values if len(values) <= _MOST_TICKS else np.unique([values[abs(values - at).argmin()] for at in apart])
        axis.set_xticks(shown, [f"{value:g}" for value in shown])
        axis.minorticks_off()
    diff, low, high = (np.array([row[name] for _, row in known]) for name in ("diff", "diff_low", "diff_high"))
    axis.plot(values, diff, color=_COLOUR, linewidth=1)
    axis.vlines(values, low, high, color=_COLOUR, linewidth=1.4)
    decided = np.array([row["verdict"] in (BETTER, WORSE) for _, row in known], bool)
    axis.plot(values, diff, "o", color=_COLOUR, markerfacecolor="white", markersize=5)
    axis.plot(values[decided], diff[decided], "o", color=_COLOUR, markersize=5)
