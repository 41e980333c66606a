"""What a tuning call writes and prints: tuned.csv, tuned.toml, and a short table for each data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from mixsuite.execution.planning import CallPlan
from mixsuite.experiment.spec import RunSpec, Task
from mixsuite.experiment.tune import Tune
from mixsuite.report.leaderboard import csv_text
from mixsuite.report.short import aligned, difference, mean_and_sd, times, verdict_word
from mixsuite.report.task import COLUMNS as TASK_COLUMNS
from mixsuite.report.task import task_table
from mixsuite.results.files import write_text
from mixsuite.results.reading import Results, load_results, summarise
from mixsuite.results.record import Record
from mixsuite.results.record_files import read_records
from mixsuite.stats.fold import Fold
from mixsuite.stats.paired import mean
from mixsuite.tuning.folds import scored_on
from mixsuite.tuning.search import Search
from mixsuite.tuning.space import OWN

COLUMNS = [
    "dataset", "recipe", "method", "tuning", *(name for name in TASK_COLUMNS if name not in ("rank", "method")),
    "trials", "rows_spent", "kept_default", "scored_on", "paired",
]  # fmt: skip
DEFAULT, TUNED = "default", "tuned"
_STAGES = {"split": "split", "order": "order of batches", "init": "initial weights"}  # digests of a record
_HEADER = """# Written by `mixsuite tune`: what each search chose. A search is of one run: its candidates are scored on
# training rows of that run alone, and its test part is never looked at. Candidate 0 is the setting of the matrix.

"""


@dataclass(frozen=True)
class TuneReport:
    """The tables of a tuning call.

    table:    tuned.csv: a row for each data set, recipe, method and tuning ("default", "tuned").
    complete: whether every run of both is ok or skipped.
    """

    out: Path
    table: pd.DataFrame
    reference: str
    searches: list[Search]
    complete: bool


def make_report(plan: CallPlan, wanted: Tune, searches: list[Search], folds: dict[str, tuple[Fold, ...]]) -> TuneReport:
    """Make the tables of finished searches from the records, and write <out>/tuned.csv and <out>/tuned.toml.

    Raises:
        InputError: a file cannot be written.
    """
    out, records = plan.options.out, read_records(plan.options.out)
    default = load_results(out).only(plan.runs)
    chosen = {(s.run.task.name, s.run.method.name, s.run.seed): s.best.run for s in searches}
    tuned = _with_runs(default, chosen, records)
    as_written = {(run.task.name, run.method.name, run.seed): run for run in plan.runs}
    rows: list[dict[Any, Any]] = []
    place = {method.name: number for number, method in enumerate(plan.experiment.methods)}
    for task in default.manifest.tasks.values():
        of_task: list[dict[Any, Any]] = []
        for tuning, results, runs in ((DEFAULT, default, as_written), (TUNED, tuned, chosen)):
            table = task_table(results, task)
            paired = _paired(task, plan, runs, records)
            for row in table.to_dict("records"):
                front = {"dataset": task.shown_dataset, "recipe": task.recipe_name, "tuning": tuning}
                spent = _spent(task, row["method"], searches, folds) if tuning == TUNED else {}
                of_task.append({**row, **front, **spent, "paired": paired(row["method"])})
        rows += sorted(of_task, key=lambda row: (row["method"] != default.manifest.reference, place[row["method"]]))
    table = pd.DataFrame(rows)
    table = table.reindex(columns=[*COLUMNS, *(c for c in table.columns if c not in (*COLUMNS, "rank"))])
    write_text(out / "tuned.csv", csv_text(table))
    write_text(out / "tuned.toml", _HEADER + tomli_w.dumps(_toml(wanted, searches, folds)))
    done = [o.status for results in (default, tuned) for cell in results.cells.values() for o in cell.values()]
    complete = "failed" not in done and len(done) == 2 * len(plan.runs)
    return TuneReport(out, table, plan.experiment.reference, searches, complete)


Runs = dict[tuple[str, str, int], RunSpec]


def _with_runs(results: Results, runs: Runs, records: dict[str, Record]) -> Results:
    """The same cells with the results of other runs."""
    cells: dict[tuple[str, str], dict[int, Any]] = {}
    for (task, method, seed), run in runs.items():
        if run.id in records:
            cells.setdefault((task, method), {})[seed] = summarise(records[run.id])
    return replace(results, cells=cells, others=0, conflicts=())


def _paired(task: Task, plan: CallPlan, runs: Runs, records: dict[str, Record]) -> Callable[[str], str]:
    """What a method's runs share with the reference's of the same seed, as their digests say."""

    def paired(method: str) -> str:
        pairs = [
            (records.get(runs[task.name, method, seed].id), records.get(runs[key].id))
            for seed in plan.experiment.seeds
            if (task.name, method, seed) in runs and (key := (task.name, plan.experiment.reference, seed)) in runs
        ]
        both = [(a.digests, b.digests) for a, b in pairs if a and b and a.status == b.status == "ok"]
        shared = [name for stage, name in _STAGES.items() if both and all(a[stage] == b[stage] for a, b in both)]
        return ", ".join(shared)

    return paired


def _spent(task: Task, method: str, searches: list[Search], folds: dict[str, tuple[Fold, ...]]) -> dict[str, Any]:
    mine = [s for s in searches if (s.run.task.name, s.run.method.name) == (task.name, method)]
    return {
        "trials": mean(len(s.candidates) for s in mine),
        "rows_spent": mean(s.rows for s in mine),
        "kept_default": sum(s.best.number == 0 for s in mine),
        "scored_on": scored_on(folds[task.name]),
    }


def _toml(wanted: Tune, searches: list[Search], folds: dict[str, tuple[Fold, ...]]) -> dict[str, Any]:
    return {
        "trials": wanted.trials,
        "sampler": wanted.sampler,
        "searches": [_search_table(search, scored_on(folds[search.run.task.name])) for search in searches],
    }


def _search_table(search: Search, where: str) -> dict[str, Any]:
    best, values = search.best, search.best.values
    scores = {name: c.score for name, c in (("score", best), ("default_score", search.default)) if c.score is not None}
    return {
        "task": search.run.task.name,
        "method": search.run.method.name,
        "seed": search.run.seed,
        "metric": search.run.task.primary.name,
        "scored_on": where,
        **scores,
        "chosen": best.number,
        "trials": len(search.candidates),
        "failed": sum(c.score is None for c in search.candidates),
        "rows_spent": round(search.rows),
        "recipe": {key: value for key, value in values.items() if not key.startswith(OWN)},
        "parameters": {
            key.removeprefix(OWN): value for key, value in values.items() if key.startswith(OWN) and value is not None
        },
    }


def report_text(report: TuneReport) -> str:
    """Write what ``mixsuite tune`` prints: tables that fit 100 columns where names are of usual length."""
    parts = []
    tasks = {(s.run.task.shown_dataset, s.run.task.recipe_name): s.run.task for s in report.searches}
    for (dataset, recipe), table in report.table.groupby(["dataset", "recipe"], sort=False):
        rows, primary = table.to_dict("records"), tasks[str(dataset), str(recipe)].primary
        spent = next(
            (row["rows_spent"] for row in rows if row["method"] == report.reference and row["trials"] > 0), None
        )
        cells = [["method", "tuning", "mean±sd", "diff [95 %]", "verdict", "trials", "rows", "kept"]]
        cells += [_cells(row, spent) for row in rows if row["verdict"] != "skipped"]
        where = next((row["scored_on"] for row in rows if row["tuning"] == TUNED), "")
        title = f"{dataset} ({recipe}): {primary.name}, {primary.better} is better; candidates: by {where}"
        parts.append("\n".join([title, *aligned(cells)]))
    told = (
        f"note: diff: from {report.reference} of the same tuning, paired by seed, unadjusted 95 % interval\n"
        "note: rows: of a search, as a multiple of the reference's; trials: candidates that they paid for\n"
        "note: kept: searches that kept the default"
    )
    return "\n\n".join([*parts, told])


def _cells(row: dict[Any, Any], spent: float | None) -> list[str]:
    word = verdict_word(row) if row["status"] == "ok" else row["status"]
    cells = [row["method"], row["tuning"], mean_and_sd(row["mean"], row["std"]), difference(row), word]
    if row["tuning"] == DEFAULT:
        return [*cells, "", "", ""]
    return [
        *cells,
        f"{row['trials']:.3g}",
        times(row["rows_spent"], spent),
        f"{row['kept_default']:.0f}/{row['n']:.0f}",
    ]
