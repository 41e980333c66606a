"""Is a sub-test within the claim's regime? Its preconditions, each met, failed or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mixsuite.claims.effects import metric_of, values
from mixsuite.claims.study import Regime, Rule
from mixsuite.experiment.spec import Task
from mixsuite.report.convergence import convergence
from mixsuite.results.reading import Results
from mixsuite.stats.convergence import MOVED, YES
from mixsuite.stats.paired import mean, t_interval


@dataclass(frozen=True)
class Precondition:
    """What a claim takes for granted.

    text: what was looked at, and what was seen.
    met:  None: unknown.
    """

    text: str
    met: bool | None


def preconditions(regime: Regime, rule: Rule, task: Task, results: Results) -> list[Precondition]:
    """The preconditions of a rule on a task: those of its study, there and on the task ``minus``, and its own."""
    found = list(_of_study(regime, rule, task, results))
    if rule.minus is not None:
        there = _of_study(regime, rule, results.manifest.tasks[rule.minus], results)
        found += [replace(one, text=f"{rule.minus}: {one.text}") for one in there]
    return [*found, *_of_rule(rule, task, results)]


def holds(found: list[Precondition]) -> bool | None:
    """Whether all preconditions are met; None if none failed and one is unknown."""
    states = {one.met for one in found}
    return False if False in states else None if None in states else True


def _of_study(regime: Regime, rule: Rule, task: Task, results: Results) -> Iterator[Precondition]:
    if regime.converged and rule.against is not None:
        state = convergence(results, task, rule.method, rule.against)
        yield Precondition(f"converged: {state}", True if state == YES else False if state in MOVED else None)
    if regime.train_error is not None:
        errors = results.cell(task, results.manifest.reference).train_errors
        seen = f"{mean(errors):.2g}" if errors else "unknown"
        met = mean(errors) <= regime.train_error if errors else None
        yield Precondition(f"{results.manifest.reference}'s training error: {seen}", met)
    if regime.seconds is not None:
        cells = [results.cell(task, name) for name in (rule.method, rule.against) if name is not None]
        runs = [run for cell in cells for run in cell.ok.values()]
        alone = all(run.executor == "loop" for run in runs) if all(run.executor for run in runs) else None
        least = min((run.costs.get("seconds", 0.0) for run in runs), default=0.0)
        met = False if alone is False or least < regime.seconds else alone
        yield Precondition(f"timed alone: {_word(alone)}; shortest run: {least:.2g} s", met)


def _of_rule(rule: Rule, task: Task, results: Results) -> Iterator[Precondition]:
    if rule.works is not None:
        method, metric = rule.works.method, rule.works.metric
        found = values(results.cell(task, method), metric)
        seen = mean(found.values())
        met = seen >= rule.works.at_least if found else None
        yield Precondition(f"{metric} of {method}: {seen:.2g}" if found else f"{metric}: unknown", met)
    if rule.gain_over is not None and rule.against is not None:
        metric = metric_of(rule, task)
        mine, base = (values(results.cell(task, name), metric) for name in (rule.against, rule.gain_over))
        seeds = sorted(mine.keys() & base.keys())
        low, high = t_interval(_differences(mine, base, seeds))
        gain = high < 0
        yield Precondition(f"gain of {rule.against}: {'yes' if gain else 'none shown'}", gain if low == low else None)


def _differences(mine: dict[int, float], base: dict[int, float], seeds: list[int]) -> np.ndarray:
    return np.array([mine[seed] - base[seed] for seed in seeds])


def _word(state: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[state]
