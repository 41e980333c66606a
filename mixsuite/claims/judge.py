"""From a study's results to the outcome of every sub-test, and from these to the verdict on the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import nan

import numpy as np

from mixsuite.claims.study import Rule, Study
from mixsuite.experiment.spec import Task
from mixsuite.report.task import shared_seeds, task_margin
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.paired import mean
from mixsuite.stats.verdicts import BETTER, TIE, WORSE, Paired, Verdict, judge, pair

AS_GOOD, NOT_RUN = "as good", "not run"
What = tuple[str, str, str, str]  # task, metric, method, against
Control = tuple[str, float]  # name, mean effect
HOLDS, PART, NOT, OPEN = "holds", "holds in part", "does not hold here", "undecided"


@dataclass(frozen=True)
class SubTest:
    """One rule on one task.

    effect, low, high: paired: mean difference with its 95 % t-interval, method minus reference, in the metric's units;
                       threshold: mean, least and largest value or difference.
    bound:   of a threshold. relative: the effect is a share of the reference.
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
    bound: float = nan
    relative: bool = False

    @property
    def bounded(self) -> bool:
        """Whether it is a threshold."""
        return self.bound == self.bound


def sub_tests(study: Study, results: Results, absent: dict[str, str]) -> list[SubTest]:
    """Every rule on every task that it names, in the file's order.

    Args:
        absent: task -> why it was not run.
    """
    tasks = results.manifest.tasks
    places = [(rule, name) for rule in study.tests for name in [*tasks, *absent] if fnmatchcase(name, rule.tasks)]
    missing = {place: absent.get(name) or absent.get(rule.minus or "") for place, (rule, name) in enumerate(places)}
    seen = {
        place: _effects(rule.method, _metric(rule, tasks[name]), rule, tasks[name], results)
        for place, (rule, name) in enumerate(places)
        if not missing[place]
    }
    lacking = missing | {
        place: _lacking(effects, rule, tasks[name], results)
        for place, effects in seen.items()
        for rule, name in [places[place]]
    }
    family = {
        place: _paired(seen[place], not lacking[place], rule, tasks[name], results)
        for place, (rule, name) in enumerate(places)
        if not rule.bounded and place in seen
    }
    verdicts = judge(family)
    found = []
    for place, (rule, name) in enumerate(places):
        metric = _metric(rule, tasks[name]) if place in seen else rule.metric
        what = name, metric, rule.method, _against(rule)
        if reason := lacking[place]:
            found.append(SubTest(*what, f"{NOT_RUN}: {reason}", bound=_bound(rule)))
            continue
        control = _control(rule, tasks[name], results)
        if rule.bounded:
            found.append(_threshold(what, list(seen[place].values()), rule, control))
        else:
            found.append(_compared(what, verdicts[place], rule, control))
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


def _against(rule: Rule) -> str:
    """What a rule holds a method against, in words: a method, a bound, or both."""
    bound = "" if rule.at_most is None else f"at most {rule.at_most:g}"
    bound = bound if rule.at_least is None else f"at least {rule.at_least:g}"
    return ", ".join(text for text in (rule.against, f"minus {rule.minus}" if rule.minus else "", bound) if text)


def _metric(rule: Rule, task: Task) -> str:
    return task.primary if rule.metric == "primary" else rule.metric


def _values(cell: Cell, metric: str) -> dict[int, float]:
    known = {seed: o.metrics | o.costs for seed, o in cell.ok.items()}
    return {seed: values[metric] for seed, values in known.items() if metric in values}


def _effects(method: str, metric: str, rule: Rule, task: Task, results: Results) -> dict[int, float]:
    """Seed -> the effect of a method by a rule, of seeds that have all of it."""
    cell = results.cell(task, method)
    if rule.against is None:
        return _values(cell, metric)
    other = results.cell(task, rule.against)
    mine, theirs = (_values(one, metric) for one in (cell, other))
    seeds = sorted(shared_seeds(cell, other) & mine.keys() & theirs.keys())
    found = dict(zip(seeds, pair(*({s: v[s] for s in seeds} for v in (mine, theirs))).tolist(), strict=True))
    if rule.relative:
        found = {seed: value / theirs[seed] for seed, value in found.items() if theirs[seed]}
    if rule.minus is None:
        return found
    there = results.manifest.tasks[rule.minus]
    away = _effects(method, metric, rule.model_copy(update={"minus": None}), there, results)
    shared = sorted(found.keys() & away.keys())
    return dict(zip(shared, pair(found, away).tolist(), strict=True))


def _lacking(effects: dict[int, float], rule: Rule, task: Task, results: Results) -> str:
    """Why a rule cannot be decided; "" where it can."""
    for name in (rule.method, rule.against):
        if name is not None and results.cell(task, name).status != "ok":
            return f"{name} is {results.cell(task, name).status}"
    wanted = results.cell(task, rule.method).wanted
    if len(effects) < wanted:
        return f"{len(effects)} of {wanted} seeds have {_metric(rule, task)}"
    return ""


def _control(rule: Rule, task: Task, results: Results) -> Control:
    """(name, mean effect) of a rule's control."""
    if rule.control is None and rule.control_metric is None:
        return "", nan
    metric = rule.control_metric or _metric(rule, task)
    name = rule.control or rule.method
    effect = mean(list(_effects(name, metric, rule, task, results).values()))
    return (name if rule.control_metric is None else f"{metric} of {name}"), effect


def _bound(rule: Rule) -> float:
    """A threshold's bound; nan of a rule without."""
    bound = rule.at_most if rule.at_most is not None else rule.at_least
    return nan if bound is None else bound


def _paired(effects: dict[int, float], complete: bool, rule: Rule, task: Task, results: Results) -> Paired:
    assert rule.against is not None
    d = _sign(rule) * np.array([effects[seed] for seed in sorted(effects)])
    margin = rule.margin if rule.margin is not None else task_margin(task, results.cell(task, rule.against), None)
    return Paired(d, complete, margin)


def _compared(what: What, seen: Verdict, rule: Rule, control: Control) -> SubTest:
    sign = _sign(rule)
    low, high = sorted((sign * seen.low, sign * seen.high)) if seen.low == seen.low else (nan, nan)
    word = AS_GOOD if rule.as_good and seen.word in (TIE, BETTER) else seen.word
    return SubTest(*what, word, sign * seen.diff, low, high, seen.pairs, *control, relative=rule.relative)


def _threshold(what: What, values: list[float], rule: Rule, control: Control) -> SubTest:
    low, high, bound = min(values), max(values), _bound(rule)
    word = BETTER if (high <= bound if rule.at_most is not None else low >= bound) else WORSE
    return SubTest(*what, word, mean(values), low, high, len(values), *control, bound, rule.relative)
