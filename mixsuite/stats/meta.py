"""One effect over tasks: the mean of tasks like these (random effects), or the mean of these tasks alone.

Each task gives one value per seed. Tasks of one data set are one cluster: averaged seed by seed, they
count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from scipy.special import stdtrit

from mixsuite.stats.across import SMALLEST
from mixsuite.stats.paired import sample_std
from mixsuite.stats.resampling import FEW_TASKS


@dataclass(frozen=True)
class Pooled:
    """An effect over clusters of tasks.

    value:    the effect.
    error:    its standard error.
    degrees:  the degrees of freedom of its t-interval.
    clusters: number of data sets.
    like:     whether it is about tasks like these (random effects); else about these tasks.
    tau:      standard deviation of the true effects between clusters; nan for these tasks.
    share:    I^2, the share of the estimates' spread that is due to tau (Higgins and Thompson 2002); nan likewise.
    """

    value: float
    error: float
    degrees: int
    clusters: int
    like: bool
    tau: float = nan
    share: float = nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The t-interval of the effect."""
        half = self.error * float(stdtrit(self.degrees, (1 + level) / 2)) if self.error else 0.0
        return self.value - half, self.value + half


def log_ratios(mine: np.ndarray, theirs: np.ndarray, half: float) -> np.ndarray:
    """One value per seed, [n], whose mean is log(mean of mine + half) - log(mean of theirs + half).

    The logarithm is linearised about the means (delta method), so that the values' variance over n is that of the log
    ratio of means, with the pairing by seed in it. A mean of 0 without ``half`` counts as a thousandth of the other.

    Args:
        mine: [n] the method's distances from the optimum, not negative.
        theirs: [n] the reference's, of the same seeds.
        half: half an error, added to each mean.
    """
    means = np.array([np.mean(mine), np.mean(theirs)]) + half
    if not means.any():
        return np.zeros(len(mine))
    a, b = np.maximum(means, SMALLEST * means.max())
    return np.asarray(np.log(a / b) + (mine - np.mean(mine)) / a - (theirs - np.mean(theirs)) / b)


def ratios(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """One value per seed, [n], whose mean is mean(part) / mean(whole), linearised about the means (delta method)."""
    ratio = np.mean(part) / np.mean(whole)
    return np.asarray(ratio + (part - ratio * whole) / np.mean(whole))


def pool(values: Sequence[np.ndarray], clusters: Sequence[str]) -> Pooled:
    """The effect over tasks.

    From five clusters on it is about tasks like these: a random-effects mean whose interval is that of Hartung and
    Knapp (2001) and Sidik and Jonkman (2002), with k - 1 degrees of freedom. Every cluster weighs the same: with
    inverse variances the interval is too short where the spread over seeds differs much between tasks
    (benchmarks/proofs/claims.py). Below five clusters it is about these tasks: the mean over clusters, with a
    t-interval from the seeds.

    Args:
        values: for each task [n] values, one per seed, n >= 2, the same seeds for all tasks.
        clusters: for each task the name of its data set.
    """
    names = list(dict.fromkeys(clusters))
    of_cluster = np.array(
        [np.mean([v for v, c in zip(values, clusters, strict=True) if c == name], axis=0) for name in names]
    )
    k, n = of_cluster.shape
    if k < FEW_TASKS:
        of_seed = of_cluster.mean(0)
        return Pooled(float(of_seed.mean()), sample_std(of_seed) / sqrt(n), n - 1, k, like=False)
    effects = of_cluster.mean(1)
    variances = np.array([sample_std(row) ** 2 / n for row in of_cluster])
    tau = sqrt(between_variance(effects, variances))
    return Pooled(float(effects.mean()), sample_std(effects) / sqrt(k), k - 1, k, True, tau, _share(effects, variances))


def between_variance(effects: np.ndarray, variances: np.ndarray) -> float:
    """tau^2 by Paule and Mandel (1982): the one at which the generalised Q is k - 1; 0 if Q is less already.

    Args:
        effects: [k] estimates.
        variances: [k] their variances.
    """
    from scipy.optimize import brentq

    spare = len(effects) - 1

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        return float(weights @ (effects - weights @ effects / weights.sum()) ** 2) - spare

    if not variances.any():
        return float(np.var(effects, ddof=1))
    least = 0.0 if variances.all() else 1e-9 * float(variances.max())
    if excess(least) <= 0:
        return least
    top = float(np.ptp(effects)) ** 2 * len(effects)  # there Q <= sum of (y - mean)^2 / tau^2 < k - 1
    return float(brentq(excess, least, top, xtol=1e-12 * top, rtol=1e-10))


def _share(effects: np.ndarray, variances: np.ndarray) -> float:
    """I^2 = max(0, (Q - (k - 1)) / Q), Q with inverse variances; nan where a cluster has none."""
    if not variances.all():
        return nan
    weights = 1 / variances
    q = float(weights @ (effects - weights @ effects / weights.sum()) ** 2)
    return max(0.0, 1 - (len(effects) - 1) / q) if q else 0.0
