"""The table of one task: one row per method, with its paired difference from the reference and a verdict."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import convergence
from mixsuite.report.looks import compare_cells, verdicts
from mixsuite.results.reading import Cell, Results, RunSummary
from mixsuite.stats.paired import mean, shared_ranks
from mixsuite.stats.verdicts import Verdict

COLUMNS = [
    "rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "p_holm", "verdict", "least_effect",
    "seconds", "rows_per_step", "status", "pairs", "p", "diff_low_new", "diff_high_new", "marks", "steps",
    "peak_memory", "parameters", "metric", "direction", "relative", "relative_low", "relative_high", "within_margin",
    "converged", "train_error", "stopped", "diff_low_repeated", "diff_high_repeated",
]  # fmt: skip  # after these: one column for each further metric


def task_table(results: Results, task: Task) -> pd.DataFrame:
    """Make the table of one task.

    An incomplete cell is marked and has no mean: a mean over only some of the seeds is never shown. Every method is
    compared with the reference over the seeds for which both are ok.
    """
    manifest, reference = results.manifest, results.manifest.reference
    methods = [m for m in manifest.methods if (task.name, m) in manifest.cells]
    cells = {m: results.cell(task, m) for m in methods}
    base = cells.get(reference)
    found: dict[str, Verdict] = {}
    if base is not None:
        others = {m: c for m, c in cells.items() if m != reference and c.status != "skipped"}
        found = verdicts(results, {m: compare_cells(results, task, c, base) for m, c in others.items()})
    more = dict.fromkeys(name for c in cells.values() for o in c.ok.values() for name in o.metrics)
    more.pop(task.primary.name, None)
    rows = []
    for method, cell in cells.items():
        row = _scores(cell, list(more)) | compared(found.get(method))
        row |= {"method": method, "n": len(cell.ok), "status": cell.status, "marks": _marks(cell, base)}
        row |= {"metric": task.primary.name, "direction": task.primary.better}
        if method in found:
            row["converged"] = convergence(results, task, method, reference)
        if method == reference or cell.status == "skipped":
            row["verdict"] = "reference" if method == reference else "skipped"
        elif base is None:
            row["verdict"] = "undecided"
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=[*COLUMNS, *more])
    ranked = table["mean"].notna()
    table["rank"] = table["rank"].astype(float)
    table.loc[ranked, "rank"] = shared_ranks(task.primary.sign * table.loc[ranked, "mean"].to_numpy(dtype=float))
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def _scores(cell: Cell, more: list[str]) -> dict[str, object]:
    if cell.status != "ok":
        return {}
    x = list(cell.values.values())
    row: dict[str, object] = {"mean": mean(x), "std": float(np.std(x, ddof=1)) if len(x) > 1 else nan}
    row |= {name: mean(cell.cost(name)) for name in ("seconds", "rows_per_step", "steps", "parameters")}
    row["train_error"] = mean(cell.train_errors)
    row["peak_memory"] = max(cell.cost("peak_memory"), default=nan)
    return row | {name: mean(values) for name in more if (values := cell.metric(name)) is not None}


def compared(verdict: Verdict | None) -> dict[str, object]:
    """A verdict as the columns of a table."""
    if verdict is None:
        return {}
    return {
        "diff": verdict.diff,
        "diff_low": verdict.low,
        "diff_high": verdict.high,
        "p": verdict.p,
        "p_holm": verdict.p_holm,
        "verdict": verdict.word,
        "least_effect": verdict.least_effect,
        "pairs": verdict.pairs,
        "diff_low_new": verdict.low_new,
        "diff_high_new": verdict.high_new,
        "relative": verdict.ratio,
        "relative_low": verdict.ratio_low,
        "relative_high": verdict.ratio_high,
        "stopped": verdict.stopped or nan,
        "diff_low_repeated": verdict.low_repeated,
        "diff_high_repeated": verdict.high_repeated,
        "within_margin": None if verdict.within is None else str(verdict.within).lower(),
    }


def _marks(cell: Cell, base: Cell | None) -> str:
    """Write what a reader of the row must know."""
    marks = []
    if is_mixed(cell):
        marks.append("mixed code")
    if base is not None and _common(cell) | _common(base) != _common(base):
        marks.append("other code than the reference")
    if base is not None and any(_unlike(cell.ok[s], base.ok[s]) for s in cell.ok.keys() & base.ok.keys()):
        marks.append("other data or rows than the reference")
    if base is not None and cell.status == "ok" and 0 < len(cell.ok) < len(base.ok):
        marks.append(f"n = {len(cell.ok)}, the reference has {len(base.ok)}")
    bound = sum(o.at_bound for o in cell.ok.values())
    if bound:
        marks.append(f"temperature at its bound in {bound} of {len(cell.ok)}")
    return "; ".join(marks)


def _unlike(one: RunSummary, other: RunSummary) -> bool:
    return (one.data, one.rows) != (other.data, other.rows)


def is_mixed(cell: Cell) -> bool:
    """Whether different code made a cell's runs."""
    return len({o.code for o in cell.outcomes.values()}) > 1


def _common(cell: Cell) -> set[str]:
    return {o.common for o in cell.outcomes.values()}
