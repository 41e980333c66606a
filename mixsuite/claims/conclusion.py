"""From sub-tests to a claim's conclusion: each rule is pooled over its tasks, and a study's rules are read together.

A rule speaks by one interval: it supports if all of it lies on the claim's side, contradicts if all of it lies on the
other side. Whatever could support could contradict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

from mixsuite.claims.effects import better_of, control_measured, measured, tolerance
from mixsuite.claims.judge import NOT_RUN, SubTest
from mixsuite.claims.regime import holds, preconditions
from mixsuite.claims.study import Rule, Study
from mixsuite.experiment.spec import Task
from mixsuite.results.reading import Results
from mixsuite.stats.meta import Pooled, pool
from mixsuite.stats.paired import LEVEL, mean, t_interval
from mixsuite.stats.verdicts import BETTER, TIE, WORSE

SUPPORTS, CONTRADICTS, SAME, OPEN = "supports", "contradicts", "no difference seen", "not decided"
NOT_APPLICABLE = "not applicable"
SUPPORTED, CONTRADICTED, OUTSIDE = "supported", "contradicted", "not tested in the claim's regime"
LIKE, THESE = "tasks like these", "these tasks"


@dataclass(frozen=True)
class Aim:
    """What an effect is held against.

    null:   the value that divides support from contradiction.
    lower:  whether lower values support.
    margin: values up to this far from ``null`` are no difference; None: there is no such word.
    """

    null: float
    lower: bool
    margin: float | None = None


@dataclass(frozen=True)
class Part:
    """A rule over its tasks.

    finding: its word.
    pooled:  the effect in the rule's measure; None where there is nothing to pool.
    low, high: its interval, of the level that all rules of the study share.
    claimed: the paper's size, nan where none is declared.
    measure: in what they are.
    aim:     what they are held against; None where no task was run.
    """

    finding: str
    pooled: Pooled | None = None
    low: float = nan
    high: float = nan
    claimed: float = nan
    measure: str = ""
    aim: Aim | None = None

    @property
    def of_claimed(self) -> float:
        """The effect as a multiple of the claimed one."""
        return nan if self.pooled is None else self.pooled.value / self.claimed

    @property
    def scope(self) -> str:
        """What the effect is about: tasks like these, or these alone."""
        return "" if self.pooled is None else LIKE if self.pooled.like else THESE


def aim_of(rule: Rule, tasks: Sequence[Task], results: Results) -> Aim:
    """What a rule's pooled effect is held against, in its measure."""
    lower = better_of(rule, tasks[0]) == "lower"
    if rule.gain_over is not None:
        return Aim(rule.keeps, lower=False)
    if rule.at_most is not None:
        return Aim(rule.at_most, lower=True)
    if rule.at_least is not None:
        return Aim(rule.at_least, lower=False)
    margin = mean(tolerance(rule, task, results) for task in tasks)
    if rule.as_good:
        return Aim(margin if lower else -margin, lower)
    return Aim(0.0, lower, margin)


def word(pooled: Pooled, aim: Aim, level: float = 1 - LEVEL) -> str:
    """The word for an effect: by its interval of a level, and by its 90 % interval for equivalence."""
    low, high = pooled.interval(level)
    if high < aim.null:
        return SUPPORTS if aim.lower else CONTRADICTS
    if low > aim.null:
        return CONTRADICTS if aim.lower else SUPPORTS
    if aim.margin is not None:
        low, high = pooled.interval(0.90)
        if aim.null - aim.margin <= low and high <= aim.null + aim.margin:
            return SAME
    return OPEN


def with_findings(study: Study, results: Results, tests: Sequence[SubTest]) -> list[SubTest]:
    """The sub-tests, each with its finding and what of the claim's regime was seen.

    A paired sub-test goes by its outcome, which has Holm over the study; one with a bound, or that a method is as good,
    by its own 95 % interval.

    Args:
        study: its methods have the names that tables show.
        results: what the study's folder shows.
        tests: the study's sub-tests.
    """
    return [_finding(study, results, test) for test in tests]


def _finding(study: Study, results: Results, test: SubTest) -> SubTest:
    if test.outcome.startswith(NOT_RUN):
        return replace(test, finding=NOT_RUN)
    rule, task = study.tests[test.rule], results.manifest.tasks[test.task]
    seen = preconditions(study.regime, rule, task, results)
    values = measured(rule, task, results)
    low, high = t_interval(values)
    test = replace(
        test,
        regime="; ".join(one.text for one in seen),
        measured=float(values.mean()),
        measured_low=low,
        measured_high=high,
        control_measured=control_measured(rule, task, results),
    )
    if not holds(seen):
        return replace(test, finding=NOT_APPLICABLE)
    if rule.bounded or rule.as_good or rule.gain_over:
        found = word(pool([values], [""]), aim_of(rule, [task], results)) if len(values) > 1 else OPEN
    else:
        found = {BETTER: SUPPORTS, WORSE: CONTRADICTS, TIE: SAME}.get(test.outcome, OPEN)
    return replace(test, finding=found)


def level_of(study: Study) -> float:
    """The level of the interval of each rule: they share an error rate of 5 % (Bonferroni)."""
    return 1 - LEVEL / len(study.tests)


def parts(study: Study, results: Results, tests: Sequence[SubTest]) -> list[Part]:
    """Each rule of a study over the tasks to which it applies.

    Args:
        study: its methods have the names that tables show.
        results: what the study's folder shows.
        tests: the study's sub-tests, with their findings.
    """
    level = level_of(study)
    return [
        _part(rule, results, [test for test in tests if test.rule == place], level)
        for place, rule in enumerate(study.tests)
    ]


def _part(rule: Rule, results: Results, tests: Sequence[SubTest], level: float) -> Part:
    """One rule over the tasks to which it applies. A task that was not run leaves the rule open."""
    claimed = nan if rule.claimed is None else rule.claimed
    there = [results.manifest.tasks[test.task] for test in tests if test.finding != NOT_RUN]
    bare = Part(NOT_RUN, claimed=claimed, measure=rule.pooled_as, aim=aim_of(rule, there, results) if there else None)
    if len(there) < len(tests) or not tests:
        return bare
    tasks = [task for task, test in zip(there, tests, strict=True) if test.finding != NOT_APPLICABLE]
    if not tasks:
        return replace(bare, finding=NOT_APPLICABLE)
    values = [measured(rule, task, results) for task in tasks]
    if min(len(v) for v in values) < 2 or len({len(v) for v in values}) > 1:
        return replace(bare, finding=OPEN)
    pooled, aim = pool(values, [task.data_set for task in tasks]), aim_of(rule, tasks, results)
    low, high = pooled.interval(level)
    return replace(bare, finding=word(pooled, aim, level), pooled=pooled, low=low, high=high, aim=aim)


def conclude(found: Sequence[Part]) -> str:
    """The conclusion on a claim, whose every part must be so.

    contradicted: a part is. not run, not tested in the claim's regime: a part is not. supported: all parts are. no
    difference seen: in none. not decided: else.
    """
    words = [one.finding for one in found]
    if CONTRADICTS in words:
        return CONTRADICTED
    if NOT_RUN in words or not words:
        return NOT_RUN
    if NOT_APPLICABLE in words:
        return OUTSIDE
    if set(words) == {SUPPORTS}:
        return SUPPORTED
    return SAME if set(words) == {SAME} else OPEN
