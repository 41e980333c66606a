"""Judge a study: decide every sub-test from its results, and the claim from its sub-tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import nan

import numpy as np

from mixsuite.claims.effects import Control, better_of, effects, metric_of, tie_margin
from mixsuite.claims.effects import control as control_of
from mixsuite.claims.study import Rule, Study
from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import not_stretched
from mixsuite.results.reading import Results
from mixsuite.stats.paired import mean
from mixsuite.stats.verdicts import BETTER, TIE, WORSE, Paired, Verdict, judge

AS_GOOD, NOT_RUN = "as good", "not run"
What = tuple[str, str, str, str]  # task, metric, method, against
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
    rule:    the place of its rule in the study.
    regime:  its preconditions, and what was seen of each.
    finding: what it says of the claim (``conclusion``).
    measured, measured_low, measured_high: the effect in the rule's measure, with its 95 % t-interval.
    control_measured: the control's.
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
    rule: int = 0
    regime: str = ""
    finding: str = ""
    measured: float = nan
    measured_low: float = nan
    measured_high: float = nan
    control_measured: float = nan

    @property
    def bounded(self) -> bool:
        """Whether the rule is a threshold."""
        return self.bound == self.bound


def sub_tests(study: Study, results: Results, absent: dict[str, str]) -> list[SubTest]:
    """Decide every rule on every task that it names, in the order of the study's file.

    Tasks that are others at a greater length are none of them: they show whether those have converged.

    Args:
        study: its methods have the names that tables show.
        results: what the study's folder shows.
        absent: task -> why it was not run.
    """
    tasks = results.manifest.tasks
    names = [task.name for task in not_stretched(tasks.values())]
    places = [
        (i, rule, name)
        for i, rule in enumerate(study.tests)
        for name in [*names, *absent]
        if fnmatchcase(name, rule.tasks)
    ]
    lacking, effects_at, family = {}, {}, {}
    for place, (_, rule, name) in enumerate(places):
        if reason := absent.get(name) or absent.get(rule.minus or ""):
            lacking[place] = reason
            continue
        effects_at[place] = effects(rule.method, metric_of(rule, tasks[name]), rule, tasks[name], results)
        lacking[place] = _lacking(effects_at[place], rule, tasks[name], results)
        if not rule.bounded:
            family[place] = _paired(effects_at[place], not lacking[place], rule, tasks[name], results)
    verdicts = judge(family)
    tests = []
    for place, (i, rule, name) in enumerate(places):
        metric = metric_of(rule, tasks[name]) if place in effects_at else rule.metric
        what = name, metric, rule.method, _against(rule)
        if reason := lacking[place]:
            test = SubTest(*what, f"{NOT_RUN}: {reason}", bound=_bound(rule))
        elif rule.bounded:
            control = control_of(rule, tasks[name], results)
            test = _threshold(what, list(effects_at[place].values()), rule, control)
        else:
            test = _compared(what, verdicts[place], rule, control_of(rule, tasks[name], results))
        tests.append(replace(test, rule=i))
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


def _against(rule: Rule) -> str:
    """Describe what a rule compares a method with: a method, a bound, or both."""
    bound = "" if rule.at_most is None else f"at most {rule.at_most:g}"
    bound = bound if rule.at_least is None else f"at least {rule.at_least:g}"
    return ", ".join(text for text in (rule.against, f"minus {rule.minus}" if rule.minus else "", bound) if text)


def _lacking(effects: dict[int, float], rule: Rule, task: Task, results: Results) -> str:
    """Say why a rule cannot be decided; "" if it can."""
    for name in (rule.method, rule.against, rule.gain_over):
        if name is not None and results.cell(task, name).status != "ok":
            return f"{name} is {results.cell(task, name).status}"
    num_seeds = results.cell(task, rule.method).wanted
    if len(effects) < num_seeds:
        return f"{len(effects)} of {num_seeds} seeds have {metric_of(rule, task)}"
    return ""


def _bound(rule: Rule) -> float:
    """The bound of a threshold; nan if the rule has none."""
    bound = rule.at_most if rule.at_most is not None else rule.at_least
    return nan if bound is None else bound


def _paired(effects: dict[int, float], complete: bool, rule: Rule, task: Task, results: Results) -> Paired:
    d = np.array([effects[seed] for seed in sorted(effects)])
    return Paired(d, complete, tie_margin(rule, task, results), better=better_of(rule, task))


def _compared(what: What, seen: Verdict, rule: Rule, control: Control) -> SubTest:
    good = rule.as_good and (seen.word in (TIE, BETTER) or (seen.word == WORSE and bool(seen.within)))
    word = AS_GOOD if good else seen.word
    return SubTest(*what, word, seen.diff, seen.low, seen.high, seen.pairs, *control, relative=rule.relative)


def _threshold(what: What, values: list[float], rule: Rule, control: Control) -> SubTest:
    low, high, bound = min(values), max(values), _bound(rule)
    word = BETTER if (high <= bound if rule.at_most is not None else low >= bound) else WORSE
    return SubTest(*what, word, mean(values), low, high, len(values), *control, bound, rule.relative)
