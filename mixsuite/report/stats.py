"""The statistics of paired runs: small, pure functions of numbers."""

from __future__ import annotations

import numpy as np
from scipy import stats


def t_interval(d: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Student's t-interval for the mean of d [n], unadjusted; (nan, nan) below two values.

    All values equal: the point itself.
    """
    n = len(d)
    if n < 2:
        return float("nan"), float("nan")
    mean, half = float(np.mean(d)), float(np.std(d, ddof=1) / np.sqrt(n) * stats.t.ppf((1 + level) / 2, n - 1))
    return mean - half, mean + half


def shared_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, the smallest first; equal values share the lower rank."""
    return np.asarray(stats.rankdata(values, method="min"))
