"""Mean ranks over tasks, with a bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixsuite.stats.paired import NEVER_BELOW, shared_ranks
from mixsuite.stats.resampling import FEW_TASKS, RESAMPLES, fixed_stream, resampled_tasks, seed_counts


@dataclass(frozen=True)
class MeanRanks:
    """Mean ranks with their intervals.

    mean:  [methods] mean rank over tasks.
    low:   [methods] lower end of the interval; nan if there are too few seeds.
    high:  [methods] upper end of the interval; nan if there are too few seeds.
    scope: "tasks and seeds" or "these tasks": what the interval is about.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    scope: str


def mean_ranks(values: list[np.ndarray]) -> MeanRanks:
    """The mean rank of each method over tasks, with its 95 % percentile interval.

    Seeds are resampled within a task, in the same way for all methods, which are paired by seed. From five tasks on,
    tasks are resampled too. Near-ties can leave the estimate outside the interval, which is then widened to contain it.
    The draws are fixed, so the same values give the same interval. Below six seeds there is no interval.

    Args:
        values: for each task [seeds, methods] numbers of which lower is better, every cell complete.
    """
    ranks = np.array([_ranks(v.mean(0)) for v in values])
    draws = fixed_stream()
    resampled = np.empty((len(values), RESAMPLES, values[0].shape[1]), dtype=np.float32)
    for place, v in enumerate(values):
        resampled[place] = _ranks(seed_counts(len(v), draws) @ v / len(v))
    tasks, few = len(values), len(values) < FEW_TASKS
    mean = np.zeros(resampled.shape[1:])
    for one in resampled if few else resampled_tasks(resampled, draws):
        mean += one
    low, high = np.quantile(mean / tasks, [0.025, 0.975], axis=0)
    estimate = ranks.mean(0)
    low, high = np.minimum(low, estimate), np.maximum(high, estimate)
    if min(len(v) for v in values) < NEVER_BELOW:
        low = high = np.full_like(estimate, np.nan)
    return MeanRanks(estimate, low, high, "these tasks" if few else "tasks and seeds")


def _ranks(means: np.ndarray) -> np.ndarray:
    """Ranks over the last axis; means that differ only by rounding share a rank."""
    scale = np.max(np.abs(means), initial=1e-300)
    return shared_ranks(np.round(means / scale, 10))
