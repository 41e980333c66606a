"""The table over several tasks, one row per method: mean rank, counts of verdicts, cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import not_stretched
from mixsuite.results.reading import Results
from mixsuite.stats.convergence import MOVED
from mixsuite.stats.paired import mean, shared_ranks
from mixsuite.stats.ranks import MeanRanks, mean_ranks
from mixsuite.stats.verdicts import count

COLUMNS = [
    "rank", "method", "tasks", "mean_rank", "rank_low", "rank_high", "better", "tie", "worse", "undecided",
    "seconds", "complete", "ranked_over", "rank_scope", "not_converged",
]  # fmt: skip


def overall_table(results: Results, tables: dict[str, pd.DataFrame], tasks: list[Task]) -> pd.DataFrame:
    """Make the table over several tasks from their own tables.

    A method is ranked if it is no control and has no skipped cell in these tasks. The mean rank is taken over the tasks
    in which every ranked cell is ok. Equal mean ranks share a rank. A task that is another one trained longer is left
    out, and a verdict whose comparison is shown not to have converged is counted apart.

    Args:
        results: what the folder shows.
        tables: task -> its table.
        tasks: the tasks to cover.
    """
    manifest, tasks = results.manifest, not_stretched(tasks)
    by_task = {t.name: tables[t.name].set_index("method").to_dict("index") for t in tasks}
    methods = [m for m in manifest.methods if any(m in table for table in by_task.values())]
    ranked = [
        m
        for m in methods
        if not manifest.methods[m].control
        and all(m in table and table[m]["status"] != "skipped" for table in by_task.values())
    ]
    over = [t for t in tasks if ranked and all(results.cell(t, m).status == "ok" for m in ranked)]
    values = [_paired_values(results, t, ranked) for t in over]
    ranks: MeanRanks | None = mean_ranks(values) if values else None
    place = {m: i for i, m in enumerate(ranked)} if ranks else {}
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
        if ranks and method in place:
            i = place[method]
            row |= {"mean_rank": ranks.mean[i], "rank_low": ranks.low[i], "rank_high": ranks.high[i]}
            row |= {"ranked_over": len(values), "rank_scope": ranks.scope}
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table[["rank", "mean_rank"]] = table[["rank", "mean_rank"]].astype(float)
    known = table["mean_rank"].notna()
    table.loc[known, "rank"] = shared_ranks(table.loc[known, "mean_rank"].to_numpy(dtype=float).round(9))
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def _paired_values(results: Results, task: Task, methods: list[str]) -> np.ndarray:
    """The primary metric of complete cells, [seeds, methods], with its sign turned where higher is better."""
    values = [results.cell(task, m).values for m in methods]
    return task.primary.sign * np.array([[v[seed] for v in values] for seed in sorted(values[0])])
