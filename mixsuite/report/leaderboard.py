"""Leaderboards: per task, per domain and over all, as CSV files that are rebuilt byte for byte."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from math import fsum
from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite.report.stats import shared_ranks, t_interval
from mixsuite.report.table import Results, load_results, notes, run_rows
from mixsuite.spec import Task, file_names

TASK_COLUMNS = [
    "rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "p_holm", "verdict",
    "least_effect", "seconds", "rows_per_step", "status",
]  # fmt: skip
OVERALL_COLUMNS = [
    "rank", "method", "tasks", "mean_rank", "rank_low", "rank_high", "better", "tie", "worse", "undecided",
    "seconds", "complete",
]  # fmt: skip


@dataclass(frozen=True)
class Report:
    """Every table of a results folder."""

    runs: pd.DataFrame
    tasks: dict[str, pd.DataFrame]
    domains: dict[str, pd.DataFrame]
    overall: pd.DataFrame
    notes: list[str]
    complete: bool  # whether every run shown is ok or skipped
    primary: dict[str, str]  # task name -> the metric its table is about


def _status(statuses: list[str], wanted: int) -> str:
    """ok: all there; skipped: all skipped; failed: a failed one stands; incomplete: some are missing."""
    if "failed" in statuses:
        return "failed"
    if len(statuses) == wanted and len(set(statuses)) == 1:
        return statuses[0]
    return "incomplete"


def task_table(results: Results, task: Task) -> pd.DataFrame:
    """One row a method: its mean over seeds, and its paired difference from the reference.

    An incomplete cell is marked and has no mean: what is there is never averaged over. Differences are
    over the seeds that both cells have; the interval is an unadjusted 95 % t-interval.
    """
    shown = results.shown
    methods = [m for m in shown.methods if (task.name, m) in shown.cells]
    values: dict[str, dict[int, float]] = {}
    rows = []
    for method in methods:
        seeds = sorted(shown.cells[task.name, method])
        records = [results.records[k] for s in seeds if (k := (task.name, method, s)) in results.records]
        good = [r for r in records if r.status == "ok"]
        values[method] = {r.seed: r.metrics[task.primary] for r in good}
        row: dict[str, object] = {
            "method": method,
            "n": len(good),
            "status": _status([r.status for r in records], len(seeds)),
        }
        if row["status"] == "ok":
            x = np.array(list(values[method].values()))
            row |= {"mean": fsum(x) / len(x), "std": x.std(ddof=1) if len(x) > 1 else np.nan}
            row |= {
                "seconds": np.mean([r.seconds for r in good]),
                "rows_per_step": np.mean([r.rows_per_step for r in good]),
            }
        rows.append(row)
    complete = {str(row["method"]) for row in rows if row["status"] == "ok"}
    for row in rows:
        name = str(row["method"])
        row["verdict"] = "reference" if name == shown.reference else "skipped" if row["status"] == "skipped" else None
        if row["verdict"] is None and {name, shown.reference} <= complete:
            mine, theirs = values[name], values[shown.reference]
            d = np.array([mine[s] - theirs[s] for s in sorted(mine.keys() & theirs.keys())])
            if len(d):
                low, high = t_interval(d)
                row |= {"diff": d.mean(), "diff_low": low, "diff_high": high}
    table = pd.DataFrame(rows).reindex(columns=TASK_COLUMNS)
    ranked = table["mean"].notna()
    table.loc[ranked, "rank"] = shared_ranks(table.loc[ranked, "mean"].to_numpy(dtype=float))
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def overall_table(results: Results, tables: dict[str, pd.DataFrame], tasks: list[Task]) -> pd.DataFrame:
    """One row a method over several tasks: mean rank, cost, completeness.

    Ranked are the methods without a skipped cell in these tasks, controls (length or batch other than 1)
    excepted; the mean rank is over the tasks where every ranked cell is ok. Equal means share a rank.
    """
    shown = results.shown
    by_task = {t.name: tables[t.name].set_index("method") for t in tasks}
    methods = [m for m in shown.methods if any(m in table.index for table in by_task.values())]
    ranked = [
        m
        for m in methods
        if not shown.methods[m].control
        and all(m in table.index and table.loc[m, "status"] != "skipped" for table in by_task.values())
    ]
    ranks = [
        shared_ranks(table.loc[ranked, "mean"].to_numpy(dtype=float))
        for table in by_task.values()
        if ranked and (table.loc[ranked, "status"] == "ok").all()
    ]
    mean_rank = dict(zip(ranked, np.mean(ranks, axis=0), strict=True)) if ranks else {}
    rows = []
    for method in methods:
        cells = [table.loc[method] for table in by_task.values() if method in table.index]
        good = [cell for cell in cells if cell["status"] == "ok"]
        rows.append(
            {
                "method": method,
                "tasks": len(good),
                "mean_rank": mean_rank.get(method),
                "seconds": np.mean([cell["seconds"] for cell in good]) if good else None,
                "complete": str(all(cell["status"] in ("ok", "skipped") for cell in cells)).lower(),
            }
        )
    table = pd.DataFrame(rows).reindex(columns=OVERALL_COLUMNS)
    table["mean_rank"] = table["mean_rank"].astype(float)
    known = table["mean_rank"].notna()
    table.loc[known, "rank"] = shared_ranks(table.loc[known, "mean_rank"].to_numpy(dtype=float).round(9))
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def make_report(results: Results) -> Report:
    """Every table, from what a results folder shows."""
    tasks = list(results.shown.tasks.values())
    tables = {task.name: task_table(results, task) for task in tasks}
    domains = {
        domain: overall_table(results, tables, [t for t in tasks if t.domain == domain])
        for domain in dict.fromkeys(t.domain for t in tasks)
    }
    overall = overall_table(results, tables, [t for t in tasks if t.classification])
    wanted = sum(map(len, results.shown.cells.values()))
    complete = wanted == sum(r.status != "failed" for r in results.records.values())
    return Report(
        run_rows(results), tables, domains, overall, notes(results), complete, {t.name: t.primary for t in tasks}
    )


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV: whole numbers bare, others to six significant digits, missing ones empty."""
    shown = table.copy()
    for name in shown.columns:
        if shown[name].dtype.kind == "f":
            shown[name] = [format_number(v) for v in shown[name]]
    return shown.to_csv(index=False, lineterminator="\n")


def format_number(value: float) -> str:
    """Six significant digits; a whole number without a point; "" for NaN."""
    return "" if np.isnan(value) else f"{value:.6g}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="")
    os.replace(part, path)


def build(out: Path) -> Report:
    """Rebuild every derived file of a results folder from its records and matrix.toml.

    Raises:
        InputError: a foreign line in the records, or a matrix.toml that is not ours.
    """
    results = load_results(out)
    report = make_report(results)
    buffer = io.StringIO()
    report.runs.to_csv(buffer, index=False, lineterminator="\n")
    wanted = {out / "runs.csv": buffer.getvalue(), out / "leaderboard.csv": csv_text(report.overall)}
    names = file_names(list(results.shown.tasks.values()))
    for task, table in report.tasks.items():
        wanted[out / "leaderboard" / f"{names[task]}.csv"] = csv_text(table)
    for domain, table in report.domains.items():
        wanted[out / "leaderboard" / f"{domain}.csv"] = csv_text(table)
    for path in (out / "leaderboard").glob("*.csv"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        _write(path, text)
    return report
