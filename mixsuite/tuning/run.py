"""Carry out a tuning call: default runs, searches in rounds, tuned runs, and the tables of both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from math import fsum

from mixsuite.execution.planning import CallPlan
from mixsuite.execution.pool import Pool
from mixsuite.execution.progress import Watch
from mixsuite.execution.runner import execute, inspect
from mixsuite.experiment.spec import RunSpec
from mixsuite.experiment.tune import Tune
from mixsuite.results.record import Record
from mixsuite.stats.fold import Fold
from mixsuite.tuning.folds import folds_for
from mixsuite.tuning.report import TuneReport, make_report
from mixsuite.tuning.search import Candidate, Search
from mixsuite.tuning.space import check_spaces, space_of

Folds = dict[str, tuple[Fold, ...]]  # task -> its inner splits
Train = Callable[[list[RunSpec], dict[str, dict[str, object]]], dict[str, Record]]


def tune(plan: CallPlan, wanted: Tune, watch: Watch, pool: Pool) -> TuneReport:
    """Tune every method of a plan with the same compute, and train every run with its default and its tuned setting.

    A search is of one run: its candidates train and are scored on inner splits of the run's training rows. Runs that
    have a record already are not trained again.

    Args:
        plan: the runs with the settings that the matrix writes.
        wanted: how the settings are searched.
        watch: called with the progress whenever it changes.
        pool: the workers; whoever gives it closes it.

    Returns:
        The tables, which are written beside the records as tuned.csv and tuned.toml.

    Raises:
        InputError: bad input of any kind; nothing has been written then.
    """
    check_spaces(plan.matrix, wanted, plan.experiment)
    folds = _folds(plan, pool)
    execute(plan, watch, nullcontext(pool))

    def train(runs: list[RunSpec], tuning: dict[str, dict[str, object]]) -> dict[str, Record]:
        execute(_unshown(plan.refreshed(), runs, tuning), watch, nullcontext(pool))
        return plan.refreshed().records

    searches = [
        Search(
            run,
            space_of(run.task, run.method, plan.experiment.method_of[run.method.name].space, wanted),
            wanted.sampler,
        )
        for run in plan.runs
    ]
    _search(searches, folds, wanted.trials, plan.experiment.reference, train)
    told = {search.best.run.id: _told(search, folds[search.run.task.name]) for search in searches}
    train([search.best.run for search in searches], told)
    return make_report(plan, wanted, searches, folds)


def _folds(plan: CallPlan, pool: Pool) -> Folds:
    """Choose the inner splits of each task, and see whether its runs can be trained on them.

    Raises:
        InputError: a task cannot be run as asked, or not on so few rows.
    """
    parts = {task: found.parts for task, found in inspect(plan, pool).items()}
    folds = {
        task.name: folds_for(
            parts[task.name].get("train", 0), parts[task.name].get("valid", 0), task.select == "best_validation"
        )
        for task in plan.experiment.tasks
        if task.name in parts
    }
    smallest = [_inner(run, folds[run.task.name])[0] for run in plan.runs]  # the first fold is the largest
    inspect(replace(plan, runs=smallest), pool)
    return folds


def _inner(run: RunSpec, folds: tuple[Fold, ...]) -> list[RunSpec]:
    return [replace(run, task=replace(run.task, fold=fold)) for fold in folds]


def _unshown(plan: CallPlan, runs: list[RunSpec], tuning: dict[str, dict[str, object]]) -> CallPlan:
    """A plan of candidates, or of tuned runs, which say what chose them.

    They train by the loop, since no two of them have one recipe. Candidates have no probes, and of the metrics those
    alone that tasks are judged by.
    """
    experiment = plan.experiment
    if not tuning:
        judged_by = {task.primary.name for task in experiment.tasks}
        needed = tuple(metric for metric in experiment.metrics if metric.name in judged_by)
        experiment = replace(experiment, probes=(), metrics=needed)
    distinct = list({run.id: run for run in runs}.values())
    options = replace(plan.options, executor="loop")
    return replace(plan, runs=distinct, experiment=experiment, options=options, tuning=tuning, shown=False)


def _search(searches: list[Search], folds: Folds, trials: int, reference: str, train: Train) -> None:
    """Run all searches in rounds: each proposes a batch, all batches train together, and each learns from its own.

    The budget of each is what ``trials`` default settings of the reference cost on the same task and seed; where the
    reference has none that trained, what its own default costs.
    """
    asked = [(search, search.default) for search in searches]
    costs: dict[tuple[str, int], float] = {}  # of the reference's default
    while asked:
        inner = [_inner(candidate.run, folds[candidate.run.task.name]) for _, candidate in asked]
        runs = [run for its in inner for run in its]
        runs.sort(key=lambda run: (run.seed, str(run.task.fold)))  # those of the same rows stand together
        records = train(runs, {})
        found = [[records[run.id] for run in its] for its in inner]
        if not costs:
            costs = {
                _place(search): _rows(its)
                for (search, _), its in zip(asked, found, strict=True)
                if search.run.method.name == reference
            }
        for (search, candidate), its in zip(asked, found, strict=True):
            failed = any(record.status == "failed" for record in its)
            rows = _rows(its) or (costs.get(_place(search), 0.0) if failed else 0.0)
            search.tell(candidate, _score(its, search.run.task.primary.name), rows)
        asked = [
            (search, candidate)
            for search in searches
            for candidate in search.ask(trials * (costs.get(_place(search)) or search.default.rows))
        ]


def _place(search: Search) -> tuple[str, int]:
    return search.run.task.name, search.run.seed


def _score(records: list[Record], metric: str) -> float | None:
    """The mean of a metric over the inner splits, which differ by a row at most; None if a run did not end well."""
    values = [record.metrics[metric] for record in records if record.status == "ok"]
    return fsum(values) / len(values) if len(values) == len(records) else None


def _rows(records: list[Record]) -> float:
    """Rows that entered the last stage; an inner run that failed counts as the mean of the others; 0: none is known."""
    known = [r.steps * r.rows_per_step for r in records if r.steps and r.rows_per_step]
    return fsum(known) / len(known) * len(records) if known else 0.0


def _told(search: Search, folds: tuple[Fold, ...]) -> dict[str, object]:
    """What a tuned run's record keeps of its search."""

    def one(candidate: Candidate) -> dict[str, object]:
        return {"values": candidate.values, "score": candidate.score, "rows": candidate.rows}

    return {
        "criterion": f"mean {search.run.task.primary.name} over {len(folds)} inner splits of the run's training rows",
        "sampler": search.sampler,
        "chosen": search.best.number,
        "candidates": [one(candidate) for candidate in search.candidates],
    }
