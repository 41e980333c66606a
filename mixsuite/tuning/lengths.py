"""Choose the length of each task's training by rule: the shortest at which its comparisons have converged.

A run's score is that on inner splits of its own training rows (``tuning.folds``): no row of its test part has a say.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import pairwise
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

from mixsuite.execution.planning import CallPlan
from mixsuite.execution.pool import Pool
from mixsuite.execution.progress import Watch
from mixsuite.execution.runner import execute, inspect
from mixsuite.experiment.spec import RunSpec, Task, parse_stretched
from mixsuite.report.convergence import not_stretched
from mixsuite.report.leaderboard import csv_text
from mixsuite.report.text import table_lines
from mixsuite.results.files import write_text
from mixsuite.stats.convergence import NOT_LOOKED, YES, Arm, converged
from mixsuite.stats.fold import Fold
from mixsuite.stats.margins import Margin
from mixsuite.stats.paired import mean
from mixsuite.tuning.folds import folds_for, scored_on

COLUMNS = [
    "dataset", "recipe", "length", "method", "n", "mean", "reference_mean", "margin", "converged", "scored_on",
    "chosen",
]  # fmt: skip
_HEADER = """# Written by `mixsuite lengths`: recipes at the shortest length of the grid at which every comparison with
# the reference has converged, on inner splits of the training rows.

"""
Scores = dict[tuple[str, str], dict[int, float]]  # (task, method) -> seed -> score, for seeds whose inner runs are ok


@dataclass(frozen=True)
class LengthReport:
    """What was chosen.

    table:  lengths.csv: a row for each task, length and method.
    chosen: task at its recipe's own length -> the multiple that was chosen; None: none of the grid has converged.
    """

    out: Path
    table: pd.DataFrame
    chosen: dict[str, int | None]


def choose_lengths(plan: CallPlan, watch: Watch, pool: Pool) -> LengthReport:
    """Train the methods of a plan on inner splits, at growing lengths until their comparisons have converged.

    A length is chosen if for every method the comparison with the reference at this length and the next one of the grid
    has converged (``stats.convergence``), over the seeds of the plan. Runs that have a record are not trained again.

    Args:
        plan: its matrix has the grid as ``lengths``.
        watch: called with the progress whenever it changes.
        pool: the workers; whoever gives it closes it.

    Raises:
        InputError: bad input of any kind.
    """
    parts = {task: found.parts for task, found in inspect(plan, pool).items()}
    folds, scored = {}, {}
    for name, count in parts.items():
        train, valid = count.get("train", 0), count.get("valid", 0)
        folds[name] = folds_for(train, valid, plan.matrix.select == "best_validation")
        scored[name] = valid if folds[name][0].folds == 1 else train
    tasks = list(plan.experiment.tasks)
    groups = {
        base.name: [base, *sorted((t for t in tasks if t.stretches(base)), key=lambda t: t.length)]
        for base in not_stretched(tasks)
    }
    scores: Scores = {}
    chosen: dict[str, int | None] = dict.fromkeys(groups)
    for step in range(max(map(len, groups.values()))):
        now = [group[step] for name, group in groups.items() if chosen[name] is None and step < len(group)]
        if not now:
            break
        scores |= _train(plan, now, folds, watch, pool)
        for name, group in groups.items():
            if chosen[name] is None and 0 < step < len(group):
                states = _states(plan, group[step - 1], group[step], scores, scored[name])
                if states and all(state == YES for state, _ in states.values()):
                    chosen[name] = group[step - 1].length
    table = _table(plan, groups, scores, scored, chosen, {name: scored_on(its) for name, its in folds.items()})
    out = plan.options.out
    write_text(out / "lengths.csv", csv_text(table))
    write_text(out / "recipes.toml", _HEADER + tomli_w.dumps({"recipes": _recipes(groups, chosen)}))
    return LengthReport(out, table, chosen)


def _train(plan: CallPlan, tasks: list[Task], folds: dict[str, tuple[Fold, ...]], watch: Watch, pool: Pool) -> Scores:
    """The scores of tasks: train the inner runs that have no record, and average each run's over its inner splits."""
    names = {task.name for task in tasks}
    inner: dict[RunSpec, list[RunSpec]] = {
        run: [replace(run, task=replace(run.task, fold=fold)) for fold in folds[run.task.name]]
        for run in plan.runs
        if run.task.name in names
    }
    runs = [one for its in inner.values() for one in its]
    experiment = replace(plan.experiment, probes=())
    execute(replace(plan.refreshed(), runs=runs, experiment=experiment, shown=False), watch, nullcontext(pool))
    records = plan.refreshed().records
    scores: Scores = {}
    for run, its in inner.items():
        found = [records[one.id] for one in its]
        if all(record.status == "ok" for record in found):
            score = mean(record.metrics[run.task.primary.name] for record in found)
            scores.setdefault((run.task.name, run.method.name), {})[run.seed] = score
    return scores


def _states(plan: CallPlan, short: Task, long: Task, scores: Scores, rows: int) -> dict[str, tuple[str, float]]:
    """Method -> (the state of its comparison at a length, held against the next one; the margin)."""
    reference, found = plan.experiment.reference, {}
    base = scores.get((short.name, reference), {})
    for method in plan.experiment.methods:
        cells = [scores.get((t.name, m), {}) for m in (method.name, reference) for t in (short, long)]
        seeds = sorted(set.intersection(*map(set, cells)))
        if method.name == reference or not seeds:
            continue
        margin = Margin.parse(plan.matrix.margin).of(short.primary, mean(base.values()), rows)
        values = [short.primary.sign * np.array([cell[seed] for seed in seeds]) for cell in cells]
        found[method.name] = converged(Arm(*values[:2]), Arm(*values[2:]), margin), margin
    return found


def _table(
    plan: CallPlan,
    groups: dict[str, list[Task]],
    scores: Scores,
    scored: dict[str, int],
    chosen: dict[str, int | None],
    where: dict[str, str],
) -> pd.DataFrame:
    rows, reference = [], plan.experiment.reference
    for name, group in groups.items():
        states = {a.name: _states(plan, a, b, scores, scored[name]) for a, b in pairwise(group)}
        for task in group:
            base = scores.get((task.name, reference), {})
            front: dict[str, object] = {
                "dataset": task.shown_dataset,
                "recipe": parse_stretched(task.recipe_name)[0],
                "length": task.length,
                "reference_mean": mean(base.values()),
                "scored_on": where[name],
                "chosen": str(chosen[name] == task.length).lower(),
            }
            for method in plan.experiment.methods:
                mine = scores.get((task.name, method.name), {})
                if method.name != reference and mine:
                    state, margin = states.get(task.name, {}).get(method.name, (NOT_LOOKED, nan))
                    own = {"method": method.name, "n": len(mine.keys() & base.keys()), "mean": mean(mine.values())}
                    rows.append(front | own | {"margin": margin, "converged": state})
    return pd.DataFrame(rows, columns=COLUMNS)


def _recipes(groups: dict[str, list[Task]], chosen: dict[str, int | None]) -> dict[str, dict[str, object]]:
    """The recipes of the tasks for which a length was chosen, at that length, by a name that says it."""
    found: dict[str, dict[str, object]] = {}
    for name, group in groups.items():
        for task in group:
            if chosen[name] == task.length:
                recipe, times = parse_stretched(task.recipe_name)
                found[f"{recipe}_{times}x"] = dict(task.recipe)
    return found


def report_text(report: LengthReport) -> str:
    """Write what ``mixsuite lengths`` prints: the table, and a line for each task."""
    lines = table_lines(report.table, [c for c in COLUMNS if c != "recipe"])
    told = [
        f"{task}: " + ("no length of the grid has converged" if times is None else f"x{times} of its recipe's length")
        for task, times in report.chosen.items()
    ]
    return "\n".join([*lines, "", *told])
