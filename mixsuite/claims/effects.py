"""What a rule measures on a task, seed by seed: the effect that a sub-test shows, and the values that are pooled."""

from __future__ import annotations

from math import expm1, log1p, nan

import numpy as np

from mixsuite.claims.study import Rule
from mixsuite.experiment.spec import Task
from mixsuite.report.pairs import shared_seeds, task_margin
from mixsuite.results.reading import Cell, Results
from mixsuite.stats.across import half_error
from mixsuite.stats.margins import Margin
from mixsuite.stats.meta import log_ratios, ratios
from mixsuite.stats.paired import mean
from mixsuite.stats.primary import Better
from mixsuite.stats.verdicts import pair

Control = tuple[str, float]  # name, mean effect


def better_of(rule: Rule, task: Task) -> Better:
    """The direction in which a rule's metric improves; that of the primary metric is the task's."""
    return rule.better or (task.primary.better if rule.metric == "primary" else "lower")


def metric_of(rule: Rule, task: Task) -> str:
    """The metric's name, as records call it."""
    return task.primary.name if rule.metric == "primary" else rule.metric


def values(cell: Cell, metric: str) -> dict[int, float]:
    """Seed -> value of a metric or a cost, for the seeds that have it."""
    known = {seed: o.metrics | o.costs for seed, o in cell.ok.items()}
    return {seed: found[metric] for seed, found in known.items() if metric in found}


def effects(method: str, metric: str, rule: Rule, task: Task, results: Results) -> dict[int, float]:
    """Seed -> a method's effect by a rule, for the seeds that have every value it needs."""
    cell = results.cell(task, method)
    if rule.against is None:
        return values(cell, metric)
    other = results.cell(task, rule.against)
    mine, theirs = (values(one, metric) for one in (cell, other))
    seeds = sorted(shared_seeds(cell, other) & mine.keys() & theirs.keys())
    found = dict(zip(seeds, pair(*({s: v[s] for s in seeds} for v in (mine, theirs))).tolist(), strict=True))
    if rule.relative:
        found = {seed: value / theirs[seed] for seed, value in found.items() if theirs[seed]}
    if rule.minus is None:
        return found
    there = results.manifest.tasks[rule.minus]
    away = effects(method, metric, rule.model_copy(update={"minus": None}), there, results)
    shared = sorted(found.keys() & away.keys())
    return dict(zip(shared, pair(found, away).tolist(), strict=True))


def control(rule: Rule, task: Task, results: Results) -> Control:
    """The name and the mean effect of a rule's control."""
    if rule.control is None and rule.control_metric is None:
        return "", nan
    metric = rule.control_metric or metric_of(rule, task)
    name = rule.control or rule.method
    effect = mean(list(effects(name, metric, rule, task, results).values()))
    return (name if rule.control_metric is None else f"{metric} of {name}"), effect


def control_measured(rule: Rule, task: Task, results: Results) -> float:
    """The control's effect in the rule's measure; nan if the rule has none, or it has no runs."""
    if rule.control is None and rule.control_metric is None:
        return nan
    changes = {"method": rule.control or rule.method, "metric": rule.control_metric or rule.metric}
    found = measured(rule.model_copy(update=changes), task, results)
    return float(np.mean(found)) if len(found) else nan


def tolerance(rule: Rule, task: Task, results: Results) -> float:
    """The difference that counts as none, in the rule's measure: as given, else a third of the claimed size."""
    if rule.tolerance is not None:
        return log1p(rule.tolerance) if rule.relative else rule.tolerance
    if rule.pooled_as != "difference" or rule.against is None:
        return Margin().size
    return task_margin(task, results.cell(task, rule.against), None)


def tie_margin(rule: Rule, task: Task, results: Results) -> float:
    """The same in the units of the sub-test's effect."""
    margin = tolerance(rule, task, results)
    if rule.relative:
        return expm1(margin)
    if rule.pooled_as == "difference" or rule.against is None:
        return margin
    theirs = values(results.cell(task, rule.against), metric_of(rule, task)).values()
    return margin * float(_distance(np.array([mean(theirs)]), rule, task)[0])


def measured(rule: Rule, task: Task, results: Results) -> np.ndarray:
    """One value per seed, [n], in the rule's measure; its mean is the rule's effect on the task.

    A share of a gain is (base - method) / (base - against), with base the method ``gain_over``.
    """
    if rule.minus is not None:
        there = results.manifest.tasks[rule.minus]
        plain = rule.model_copy(update={"minus": None})
        return np.asarray(measured(plain, task, results) - measured(plain, there, results))
    metric = metric_of(rule, task)
    names = [name for name in (rule.method, rule.against, rule.gain_over) if name is not None]
    found = [values(results.cell(task, name), metric) for name in names]
    seeds = sorted(set.intersection(*(set(one) for one in found)))
    if not seeds:
        return np.array([])
    arms = [np.array([one[seed] for seed in seeds]) for one in found]
    if rule.gain_over is not None:
        return ratios(arms[2] - arms[0], arms[2] - arms[1])
    if rule.against is None:
        return arms[0]
    if rule.pooled_as == "difference":
        return np.asarray(arms[0] - arms[1])
    rows = results.cell(task, rule.against).test_rows
    half = half_error(metric, rows)
    return log_ratios(_distance(arms[0], rule, task), _distance(arms[1], rule, task), half)


def _distance(values: np.ndarray, rule: Rule, task: Task) -> np.ndarray:
    """The distances from the optimum, of the primary metric; of others the size."""
    return np.abs(values - (task.primary.optimum if rule.metric == "primary" else 0.0))
