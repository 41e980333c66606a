"""From a study's results to the outcome of every sub-test, and from these to the verdict on the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import nan

import numpy as np

from mixsuite.claims.study import Rule, Study
from mixsuite.report.results import Cell, Results
from mixsuite.report.task import margin_of, mean, shared_seeds
from mixsuite.report.verdicts import BETTER, TIE, WORSE, Paired, judge, pair
from mixsuite.spec import Task

AS_GOOD = "as good"
HOLDS, PART, NOT, OPEN = "holds", "holds in part", "does not hold here", "undecided"


@dataclass(frozen=True)
class SubTest:
    """One rule on one task.

    effect, low, high: paired: mean difference with its 95 % t-interval, method minus reference, in the metric's units;
                       threshold: mean, least and largest value.
    outcome: better, worse, tie, undecided (and why), "as good" where that is the claim, or "not run" with the reason.
    """

    task: str
    metric: str
    method: str
    against: str
    outcome: str
    effect: float = nan
    low: float = nan
    high: float = nan
    n: int = 0
    control: str = ""
    control_effect: float = nan


def sub_tests(study: Study, results: Results, absent: dict[str, str]) -> list[SubTest]:
    """Every rule on every task that it names, in the file's order.

    Args:
        absent: task -> why it was not run.
    """
    tasks = results.shown.tasks
    places = [(rule, name) for rule in study.tests for name in [*tasks, *absent] if fnmatchcase(name, rule.tasks)]
    family = {
        place: _paired(rule, tasks[name], results)
        for place, (rule, name) in enumerate(places)
        if rule.against is not None and name in tasks
    }
    verdicts = judge(family)
    found = []
    for place, (rule, name) in enumerate(places):
        if name in absent:
            found.append(SubTest(name, rule.metric, rule.method, rule.against or "", f"not run: {absent[name]}"))
            continue
        task, sign = tasks[name], _sign(rule)
        metric = _metric(rule, task)
        if rule.against is None:
            found.append(_threshold(rule, task, metric, results))
            continue
        seen = verdicts[place]
        low, high = sorted((sign * seen.low, sign * seen.high)) if seen.low == seen.low else (nan, nan)
        control = mean(_differences(rule.control, rule, task, results).tolist()) if rule.control is not None else nan
        effects = sign * seen.diff, low, high, seen.pairs, rule.control or "", control
        word = AS_GOOD if rule.as_good and seen.word in (TIE, BETTER) else seen.word
        found.append(SubTest(name, metric, rule.method, rule.against, word, *effects))
    return found


def verdict(tests: Sequence[SubTest]) -> str:
    """holds: all better; holds in part: some better, none worse; does not hold here: any worse, or all ties; else
    undecided. A sub-test that was not run, or came to nothing, leaves the first out."""
    outcomes = [BETTER if test.outcome == AS_GOOD else test.outcome for test in tests]
    if outcomes and all(outcome == BETTER for outcome in outcomes):
        return HOLDS
    if WORSE in outcomes or (outcomes and all(outcome == TIE for outcome in outcomes)):
        return NOT
    return PART if BETTER in outcomes else OPEN


def _sign(rule: Rule) -> int:
    return 1 if rule.better == "lower" else -1


def _metric(rule: Rule, task: Task) -> str:
    return task.primary if rule.metric == "primary" else rule.metric


def _values(cell: Cell, metric: str) -> dict[int, float]:
    return {seed: o.metrics[metric] for seed, o in cell.ok.items() if metric in o.metrics}


def _differences(method: str, rule: Rule, task: Task, results: Results) -> np.ndarray:
    assert rule.against is not None
    cells = [results.cell(task, name) for name in (method, rule.against)]
    seeds = shared_seeds(*cells)
    mine, theirs = ({s: v for s, v in _values(cell, _metric(rule, task)).items() if s in seeds} for cell in cells)
    return pair(mine, theirs)


def _paired(rule: Rule, task: Task, results: Results) -> Paired:
    d = _sign(rule) * _differences(rule.method, rule, task, results)
    assert rule.against is not None
    cells = [results.cell(task, name) for name in (rule.method, rule.against)]
    complete = all(cell.status == "ok" and len(d) == cell.wanted for cell in cells)
    margin = rule.margin if rule.margin is not None else margin_of(task, cells[1], None)
    return Paired(d, complete, margin)


def _threshold(rule: Rule, task: Task, metric: str, results: Results) -> SubTest:
    cell = results.cell(task, rule.method)
    values = list(_values(cell, metric).values())
    bound = f"at most {rule.at_most:g}" if rule.at_most is not None else f"at least {rule.at_least:g}"
    if cell.status != "ok" or len(values) < cell.wanted:
        return SubTest(task.name, metric, rule.method, bound, f"not run: {cell.status}")
    low, high = min(values), max(values)
    met = high <= rule.at_most if rule.at_most is not None else low >= (rule.at_least or 0.0)
    return SubTest(
        task.name,
        metric,
        rule.method,
        bound,
        BETTER if met else WORSE,
        mean(values),
        low,
        high,
        len(values),
    )
