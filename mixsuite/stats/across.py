"""Methods across tasks: interquartile mean of log ratios, probability of improvement, critical-difference groups.

Several tasks of one data set are one cluster: they are averaged first, and count once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtr, stdtrit
from scipy.stats import rankdata

from mixsuite.stats.letters import letters
from mixsuite.stats.paired import LEVEL, NEVER_BELOW, holm, needed_seeds, sign_flip, zero_rounding
from mixsuite.stats.resampling import FEW_TASKS, fixed_stream, resampled_tasks, seed_counts

SMALLEST = 1e-3  # of the worst method's mean: a perfect score without half an error has no logarithm


@dataclass(frozen=True)
class TaskValues:
    """The primary metric of one task.

    values:  [seeds, methods] distances from the optimum, complete; lower is better, and none is negative.
    half:    half an error, added to the means before their logarithm: 0.5 / n_test of an error, else 0.
    cluster: what the task is a case of: its data set.
    """

    values: np.ndarray
    half: float
    cluster: str


@dataclass(frozen=True)
class Estimate:
    """A number of each method, [methods], with two 95 % intervals; an interval that does not exist is nan.

    value:               the estimate.
    low, high:           for these tasks and further seeds; none below six seeds.
    low_like, high_like: for further tasks like these, too; none below five clusters.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    low_like: np.ndarray
    high_like: np.ndarray


def log_ratios(tasks: list[TaskValues], reference: int) -> Estimate:
    """The interquartile mean over clusters of log((mean + half) / (reference's mean + half)); below 0 is better.

    The interquartile mean is that of Agarwal et al. (2021), over clusters.

    Args:
        tasks: at least one; all with the same methods, in one order.
        reference: the reference's column.
    """

    def ratios(means: np.ndarray, half: float) -> np.ndarray:
        logs = log_distances(means, half)
        return np.asarray(logs - logs[..., [reference]])

    draws = fixed_stream()
    points = [ratios(task.values.mean(0), task.half) for task in tasks]
    means = _resampled([task.values for task in tasks], tasks, draws)
    resampled = [ratios(mean, task.half) for mean, task in zip(means, tasks, strict=True)]
    return _estimate(tasks, points, resampled, interquartile_mean, draws)


def improvement(tasks: list[TaskValues], reference: int) -> Estimate:
    """The probability that a method beats the reference: the mean over clusters of its share of seeds; ties count half.

    A run is compared with the reference's of the same seed, which is what pairing is for; Agarwal et al. (2021) compare
    each with every one. Where all seeds agree, so do resampled ones, and the interval would be a point: the seeds are
    resampled together with one tie.

    Args:
        tasks: at least one; all with the same methods, in one order.
        reference: the reference's column.
    """
    draws = fixed_stream()
    won = [wins(task.values, reference) for task in tasks]
    resampled = _resampled([np.vstack([w, np.full((1, w.shape[1]), 0.5)]) for w in won], tasks, draws)
    return _estimate(tasks, [w.mean(0) for w in won], resampled, lambda values: values.mean(0), draws)


def groups(tasks: list[TaskValues]) -> list[str]:
    """Letters of critical-difference groups: methods that share one are not significantly different.

    Wilcoxon's signed-rank test of every pair over clusters, exact: equal differences share the middle rank, and zeros,
    which have no sign, drop out. Holm's adjustment is over all pairs (Demsar 2006; Benavoli et al. 2016 on pairs
    instead of mean ranks). The best method has "a".

    Returns:
        One string for each method, all empty if so few clusters cannot tell any pair apart.
    """
    logs = _by_cluster(tasks, [log_distances(task.values.mean(0), task.half) for task in tasks])
    m = logs.shape[1]
    pairs = list(combinations(range(m), 2))
    if not pairs or len(logs) < needed_seeds(len(pairs)):
        return [""] * m
    p = wilcoxon(np.array([logs[:, a] - logs[:, b] for a, b in pairs]))
    significant = np.zeros((m, m), dtype=bool)
    for (a, b), adjusted in zip(pairs, holm(p), strict=True):
        significant[a, b] = significant[b, a] = adjusted < LEVEL
    order = np.argsort(logs.mean(0), kind="stable")
    found = letters(significant[np.ix_(order, order)])
    return [found[place] for place in np.argsort(order)]


def wilcoxon(d: np.ndarray) -> np.ndarray:
    """The two-sided p-values of Wilcoxon's signed-rank test, one for each row of d [k, n]: flipped signs of ranks."""
    d = zero_rounding(d, 1.0)
    ranks = rankdata(np.where(d == 0, np.inf, np.abs(d).round(12)), axis=1)  # zeros rank last, and lose their rank
    return sign_flip(np.sign(d) * ranks)


def wins(values: np.ndarray, reference: int) -> np.ndarray:
    """1 where a run of values [seeds, methods] beats the reference's of its seed, 0.5 where they are equal, else 0."""
    d = zero_rounding(values - values[:, [reference]], float(np.max(np.abs(values), initial=0.0)))
    return np.asarray((1 - np.sign(d)) / 2)


def log_distances(means: np.ndarray, half: float) -> np.ndarray:
    """The logarithms of mean distances [..., methods] + half; a mean of 0 counts as a thousandth of the worst one."""
    raised = means + half
    worst = raised.max(-1, keepdims=True)
    return np.asarray(np.log(np.maximum(raised, np.where(worst > 0, SMALLEST * worst, 1.0))))


def half_error(metric: str, test_rows: int) -> float:
    """Half an error of one test row, to be added to a mean error before its logarithm; 0 for other metrics.

    Args:
        metric: by name; an error under a probe is one too (``error@fgsm``).
        test_rows: of a run; 0: not known.
    """
    return 0.5 / test_rows if test_rows and metric.partition("@")[0] == "error" else 0.0


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """The mean of the middle half over the first axis; a value that lies across a quartile counts in part."""
    edges = np.linspace(0, 1, len(values) + 1)
    weights = np.maximum(np.minimum(edges[1:], 0.75) - np.maximum(edges[:-1], 0.25), 0) / 0.5
    return np.asarray(np.tensordot(weights, np.sort(values, axis=0), 1))


def _resampled(values: list[np.ndarray], tasks: list[TaskValues], draws: np.random.Generator) -> list[np.ndarray]:
    """The resampled means of each task's values [seeds, methods]. Tasks of one cluster keep their seeds together."""
    drawn: dict[tuple[str, int], np.ndarray] = {}
    means = []
    for v, task in zip(values, tasks, strict=True):
        key = (task.cluster, len(v))
        if key not in drawn:
            drawn[key] = seed_counts(len(v), draws)
        means.append(drawn[key] @ v / len(v))
    return means


def _by_cluster(tasks: list[TaskValues], values: list[np.ndarray]) -> np.ndarray:
    """The mean of each cluster's values, [clusters, ...]."""
    names = list(dict.fromkeys(task.cluster for task in tasks))
    return np.array(
        [np.mean([v for v, task in zip(values, tasks, strict=True) if task.cluster == name], axis=0) for name in names]
    )


def _estimate(
    tasks: list[TaskValues],
    points: list[np.ndarray],
    resampled: list[np.ndarray],
    combine: Callable[[np.ndarray], np.ndarray],
    draws: np.random.Generator,
) -> Estimate:
    """Combine the clusters, and their resamples into intervals."""
    value = combine(_by_cluster(tasks, points))
    clusters = _by_cluster(tasks, resampled)
    k, seeds = len(clusters), min(len(task.values) for task in tasks)
    none = np.full_like(value, np.nan)
    these = like = (none, none)
    if seeds >= NEVER_BELOW:
        these = _percentiles(combine(clusters), value, seeds, (seeds - 1) * max(1.0, k / 2))
        if k >= FEW_TASKS:
            drawn = np.array(list(resampled_tasks(clusters, draws)))
            like = _percentiles(combine(drawn), value, k, k - 1)
    return Estimate(value, *these, *like)


def _percentiles(resampled: np.ndarray, value: np.ndarray, n: int, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The expanded percentile interval (Hesterberg 2015), widened to hold the estimate.

    A bootstrap of n values has a spread too small by sqrt((n - 1) / n), and normal quantiles where Student's are due:
    the percentiles are taken further out by both.
    """
    tail = ndtr(-np.sqrt(n / (n - 1)) * stdtrit(degrees, 0.975))
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return np.minimum(low, value), np.maximum(high, value)
