"""Judge a study: decide every sub-test from its results, and the claim from its sub-tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import nan

import numpy as np

from mixsuite.claims.study import Rule, Study
from mixsuite.experiment.spec import Task
from mixsuite.report.pairs import shared_seeds, task_margin
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.paired import mean
from mixsuite.stats.primary import Better
from mixsuite.stats.verdicts import BETTER, TIE, WORSE, Paired, Verdict, judge, pair

AS_GOOD, NOT_RUN = "as good", "not run"
What = tuple[str, str, str, str]  # task, metric, method, against
Control = tuple[str, float]  # name, mean effect
HOLDS, PART, NOT, OPEN = "holds", "holds in part", "does not hold here", "undecided"


@dataclass(frozen=True)
class SubTest:
    """One rule on one task.

    against: the reference, the bound, or both, in words.
    outcome: better, worse, tie, undecided (and why), "as good" if that is the claim, or "not run" with the reason.
    effect:  paired: mean difference, method minus reference, in the metric's units. Threshold: mean over the seeds.
    low, high: paired: the 95 % t-interval of the difference. Threshold: the smallest and the largest value.
    n:       number of seeds.
    control, control_effect: the control's name and its mean effect.
    bound:   the bound of a threshold, else nan.
    relative: whether the effect is a share of the reference.
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
        """Whether the rule is a threshold."""
        return self.bound == self.bound


def sub_tests(study: Study, results: Results, absent: dict[str, str]) -> list[SubTest]:
    """Decide every rule on every task that it names, in the order of the study's file.

    Args:
        study: its methods have the names that tables show.
        results: what the study's folder shows.
        absent: task -> why it was not run.
    """
    tasks = results.manifest.tasks
    places = [(rule, name) for rule in study.tests for name in [*tasks, *absent] if fnmatchcase(name, rule.tasks)]
    missing = {place: absent.get(name) or absent.get(rule.minus or "") for place, (rule, name) in enumerate(places)}
    effects_at = {
        place: _effects(rule.method, _metric(rule, tasks[name]), rule, tasks[name], results)
        for place, (rule, name) in enumerate(places)
        if not missing[place]
    }
    lacking = missing | {
        place: _lacking(effects, rule, tasks[name], results)
        for place, effects in effects_at.items()
        for rule, name in [places[place]]
    }
    family = {
        place: _paired(effects_at[place], not lacking[place], rule, tasks[name], results)
        for place, (rule, name) in enumerate(places)
        if not rule.bounded and place in effects_at
    }
    verdicts = judge(family)
    tests = []
    for place, (rule, name) in enumerate(places):
        metric = _metric(rule, tasks[name]) if place in effects_at else rule.metric
        what = name, metric, rule.method, _against(rule)
        if reason := lacking[place]:
            tests.append(SubTest(*what, f"{NOT_RUN}: {reason}", bound=_bound(rule)))
            continue
        control = _control(rule, tasks[name], results)
        if rule.bounded:
            tests.append(_threshold(what, list(effects_at[place].values()), rule, control))
        else:
            tests.append(_compared(what, verdicts[place], rule, control))
    return tests


def verdict(tests: Sequence[SubTest]) -> str:
    """Decide a claim from its sub-tests.

    holds: all are better. holds in part: some are better, none is worse. does not hold here: any is worse, or all are
    ties. undecided: else. A claim with a sub-test that was not run or is undecided cannot hold in full.
    """
    outcomes = [BETTER if test.outcome == AS_GOOD else test.outcome for test in tests]
    if outcomes and all(outcome == BETTER for outcome in outcomes):
        return HOLDS
    if WORSE in outcomes or (outcomes and all(outcome == TIE for outcome in outcomes)):
        return NOT
    return PART if BETTER in outcomes else OPEN


def _better(rule: Rule, task: Task) -> Better:
    """The direction in which a rule's metric improves; that of the primary metric is the task's."""
    return rule.better or (task.primary.better if rule.metric == "primary" else "lower")


def _against(rule: Rule) -> str:
    """Describe what a rule compares a method with: a method, a bound, or both."""
    bound = "" if rule.at_most is None else f"at most {rule.at_most:g}"
    bound = bound if rule.at_least is None else f"at least {rule.at_least:g}"
    return ", ".join(text for text in (rule.against, f"minus {rule.minus}" if rule.minus else "", bound) if text)


def _metric(rule: Rule, task: Task) -> str:
    return task.primary.name if rule.metric == "primary" else rule.metric


def _values(cell: Cell, metric: str) -> dict[int, float]:
    known = {seed: o.metrics | o.costs for seed, o in cell.ok.items()}
    return {seed: values[metric] for seed, values in known.items() if metric in values}


def _effects(method: str, metric: str, rule: Rule, task: Task, results: Results) -> dict[int, float]:
    """Seed -> a method's effect by a rule, for the seeds that have every value it needs."""
    cell = results.cell(task, method)
    if rule.against is None:
        return _values(cell, metric)
    other = results.cell(task, rule.against)
    mine, theirs = (_values(one, metric) for one in (cell, other))
    seeds = sorted(shared_seeds(cell, other) & mine.keys() & theirs.keys())
    effects = dict(zip(seeds, pair(*({s: v[s] for s in seeds} for v in (mine, theirs))).tolist(), strict=True))
    if rule.relative:
        effects = {seed: value / theirs[seed] for seed, value in effects.items() if theirs[seed]}
    if rule.minus is None:
        return effects
    there = results.manifest.tasks[rule.minus]
    away = _effects(method, metric, rule.model_copy(update={"minus": None}), there, results)
    shared = sorted(effects.keys() & away.keys())
    return dict(zip(shared, pair(effects, away).tolist(), strict=True))


def _lacking(effects: dict[int, float], rule: Rule, task: Task, results: Results) -> str:
    """Say why a rule cannot be decided; "" if it can."""
    for name in (rule.method, rule.against):
        if name is not None and results.cell(task, name).status != "ok":
            return f"{name} is {results.cell(task, name).status}"
    num_seeds = results.cell(task, rule.method).wanted
    if len(effects) < num_seeds:
        return f"{len(effects)} of {num_seeds} seeds have {_metric(rule, task)}"
    return ""


def _control(rule: Rule, task: Task, results: Results) -> Control:
    """The name and the mean effect of a rule's control."""
    if rule.control is None and rule.control_metric is None:
        return "", nan
    metric = rule.control_metric or _metric(rule, task)
    name = rule.control or rule.method
    effect = mean(list(_effects(name, metric, rule, task, results).values()))
    return (name if rule.control_metric is None else f"{metric} of {name}"), effect


def _bound(rule: Rule) -> float:
    """The bound of a threshold; nan if the rule has none."""
    bound = rule.at_most if rule.at_most is not None else rule.at_least
    return nan if bound is None else bound


def _paired(effects: dict[int, float], complete: bool, rule: Rule, task: Task, results: Results) -> Paired:
    assert rule.against is not None
    d = np.array([effects[seed] for seed in sorted(effects)])
    margin = rule.margin if rule.margin is not None else task_margin(task, results.cell(task, rule.against), None)
    return Paired(d, complete, margin, better=_better(rule, task))


def _compared(what: What, seen: Verdict, rule: Rule, control: Control) -> SubTest:
    good = rule.as_good and (seen.word in (TIE, BETTER) or (seen.word == WORSE and bool(seen.within)))
    word = AS_GOOD if good else seen.word
    return SubTest(*what, word, seen.diff, seen.low, seen.high, seen.pairs, *control, relative=rule.relative)


def _threshold(what: What, values: list[float], rule: Rule, control: Control) -> SubTest:
    low, high, bound = min(values), max(values), _bound(rule)
    word = BETTER if (high <= bound if rule.at_most is not None else low >= bound) else WORSE
    return SubTest(*what, word, mean(values), low, high, len(values), *control, bound, rule.relative)
