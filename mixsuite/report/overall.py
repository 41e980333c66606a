"""The table over several tasks, one row per method: mean rank, ratios to the reference, counts of verdicts, cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import not_stretched
from mixsuite.results.reading import Results
from mixsuite.stats.across import TaskValues, groups, half_error, improvement, log_ratios
from mixsuite.stats.convergence import MOVED
from mixsuite.stats.paired import mean, shared_ranks
from mixsuite.stats.ranks import mean_ranks
from mixsuite.stats.verdicts import count

COLUMNS = [
    "rank", "method", "tasks", "mean_rank", "rank_low", "rank_high", "better", "tie", "worse", "undecided",
    "seconds", "complete", "ranked_over", "rank_scope", "not_converged", "log_ratio", "log_ratio_low", "log_ratio_high",
    "log_ratio_low_like", "log_ratio_high_like", "improvement", "improvement_low", "improvement_high",
    "improvement_low_like", "improvement_high_like", "group",
]  # fmt: skip

_ENDS = {"": "value", "_low": "low", "_high": "high", "_low_like": "low_like", "_high_like": "high_like"}


def overall_table(results: Results, tables: dict[str, pd.DataFrame], tasks: list[Task]) -> pd.DataFrame:
    """Make the table over several tasks from their own tables.

    A method is ranked if the matrix names it so, or, where it names none, if it is no control and has no skipped cell
    in these tasks. The mean rank, the ratios and the groups are taken over the tasks in which every ranked cell is ok.
    Equal mean ranks share a rank. A task that is another one trained longer is left out, and a verdict whose comparison
    is shown not to have converged is counted apart.

    Args:
        results: what the folder shows.
        tables: task -> its table.
        tasks: the tasks to cover.
    """
    manifest, tasks = results.manifest, not_stretched(tasks)
    by_task = {t.name: tables[t.name].set_index("method").to_dict("index") for t in tasks}
    methods = [m for m in manifest.methods if any(m in table for table in by_task.values())]
    ranked = ranked_methods(results, tasks)
    over = [t for t in tasks if ranked and all(results.cell(t, m).status == "ok" for m in ranked)]
    shown = _across(results, over, ranked) if over else {}
    rows = []
    for method in methods:
        cells = [table[method] for table in by_task.values() if method in table]
        good = [cell for cell in cells if cell["status"] == "ok"]
        row: dict[str, object] = {
            "method": method,
            "tasks": len(good),
            "seconds": mean(cell["seconds"] for cell in good),
            "complete": str(all(cell["status"] in ("ok", "skipped") for cell in cells)).lower(),
        }
        if method != manifest.reference:
            moved = [cell for cell in cells if cell["converged"] in MOVED]
            row |= count(cell["verdict"] for cell in cells if cell not in moved)
            row["not_converged"] = len(moved)
        rows.append(row | shown.get(method, {}))
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table[["rank", "mean_rank"]] = table[["rank", "mean_rank"]].astype(float)
    known = table["mean_rank"].notna()
    table.loc[known, "rank"] = shared_ranks(table.loc[known, "mean_rank"].to_numpy(dtype=float).round(9))
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def ranked_methods(results: Results, tasks: list[Task]) -> list[str]:
    """The methods that are ranked over some tasks.

    They are those that the matrix names, or else all that are no controls and have no skipped cell in these tasks.
    """
    manifest = results.manifest
    if manifest.ranked:
        return [m for m in manifest.ranked if any((t.name, m) in manifest.cells for t in tasks)]
    methods = [m for m in manifest.methods if all((t.name, m) in manifest.cells for t in tasks)]
    return [
        m
        for m in methods
        if not manifest.methods[m].control and all(results.cell(t, m).status != "skipped" for t in tasks)
    ]


def _across(results: Results, tasks: list[Task], methods: list[str]) -> dict[str, dict[str, object]]:
    """Method -> its columns of ranks, ratios and groups over tasks in which all of these methods are complete."""
    values = [_paired_values(results, t, methods) for t in tasks]
    ranks = mean_ranks([task.primary.sign * v for task, v in zip(tasks, values, strict=True)])
    shown: dict[str, dict[str, object]] = {
        m: {"mean_rank": ranks.mean[i], "rank_low": ranks.low[i], "rank_high": ranks.high[i]}
        | {"ranked_over": len(values), "rank_scope": ranks.scope}
        for i, m in enumerate(methods)
    }
    cases = [_case(results, t, v) for t, v in zip(tasks, values, strict=True)]
    for method, group in zip(methods, groups(cases), strict=True):
        shown[method]["group"] = group or None
    if results.manifest.reference in methods:
        place = methods.index(results.manifest.reference)
        for name, estimate in (("log_ratio", log_ratios(cases, place)), ("improvement", improvement(cases, place))):
            for i, method in enumerate(methods):
                if i != place:
                    shown[method] |= {f"{name}{end}": getattr(estimate, key)[i] for end, key in _ENDS.items()}
    return shown


def _case(results: Results, task: Task, values: np.ndarray) -> TaskValues:
    half = half_error(task.primary.name, results.cell(task, results.manifest.reference).test_rows)
    return TaskValues(np.abs(values - task.primary.optimum), half, task.data_set)


def _paired_values(results: Results, task: Task, methods: list[str]) -> np.ndarray:
    """The primary metric of complete cells, [seeds, methods], over the seeds that all of them have."""
    values = [results.cell(task, m).values for m in methods]
    return np.array([[v[seed] for v in values] for seed in sorted(set.intersection(*map(set, values)))])
