"""Intervals for new rows and new seeds: two-way random effects, seeds x rows, without replication.

Every seed is tested on the same rows, so a difference is d_ij = mu + s_i + r_j + e_ij: seed effects, row effects, and
what is left. An interval over seeds alone is about these rows; this one is about further rows of the same source too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit


@dataclass(frozen=True)
class MeanSquares:
    """The mean squares of n seeds x m rows (two-way analysis of variance, one value a cell).

    seeds, rows, error: mean squares, with n - 1, m - 1 and (n - 1)(m - 1) degrees of freedom. They may be arrays of one
        shape, for many tables at once.
    n, m: numbers of seeds and rows, at least 2 each.
    """

    seeds: ArrayLike
    rows: ArrayLike
    error: ArrayLike
    n: int
    m: int

    def components(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The variances of seed effects, row effects and the rest, by the method of moments; none below 0."""
        error = np.asarray(self.error)
        return np.maximum(self.seeds - error, 0) / self.m, np.maximum(self.rows - error, 0) / self.n, error

    def of_the_mean(self) -> tuple[np.ndarray, np.ndarray]:
        """The variance of the mean over new seeds and new rows, and its degrees of freedom.

        Var = (MS_seeds + MS_rows - MS_error) / (n m), unbiased (Searle, Casella and McCulloch, Variance Components,
        1992, chapter 4: balanced data). Its degrees of freedom are Satterthwaite's (1946), at least 1. In a small table
        chance may put the sum below both mean squares, of which each expects at least MS_error: the smaller one is the
        floor. The larger one as the floor covers too much (results/reference/new_rows.md).
        """
        seeds, rows, error = np.asarray(self.seeds), np.asarray(self.rows), np.asarray(self.error)
        total = np.maximum(seeds + rows - error, np.minimum(seeds, rows))
        spread = seeds**2 / (self.n - 1) + rows**2 / (self.m - 1) + error**2 / ((self.n - 1) * (self.m - 1))
        degrees = np.divide(total**2, spread, out=np.ones_like(total), where=spread > 0)
        return total / (self.n * self.m), np.maximum(degrees, 1.0)

    def half_width(self, level: float = 0.95) -> np.ndarray:
        """Half the width of Student's interval for the mean over new seeds and new rows."""
        variance, degrees = self.of_the_mean()
        return np.asarray(np.sqrt(variance) * stdtrit(degrees, (1 + level) / 2))


def mean_squares(d: np.ndarray) -> MeanSquares:
    """The mean squares of d [seeds, rows].

    Raises:
        ValueError: d has fewer than two seeds or rows.
    """
    n, m = d.shape
    if n < 2 or m < 2:
        raise ValueError(f"two-way effects need two seeds and two rows, not {n} and {m}")
    mean, of_seeds, of_rows = d.mean(), d.mean(1, keepdims=True), d.mean(0, keepdims=True)
    return MeanSquares(
        seeds=m * np.sum((of_seeds - mean) ** 2) / (n - 1),
        rows=n * np.sum((of_rows - mean) ** 2) / (m - 1),
        error=np.sum((d - of_seeds - of_rows + mean) ** 2) / ((n - 1) * (m - 1)),
        n=n,
        m=m,
    )


def two_way_interval(d: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The interval for the mean of d over new seeds and new rows; (nan, nan) below two seeds or two rows.

    Args:
        d: [seeds, rows] differences in the loss of a row, method minus reference; every seed has the same rows, in one
            order. Where the metric is the root of a mean, differences of ``linearised`` losses.
        level: coverage of the interval.
    """
    if min(d.shape) < 2:
        return float("nan"), float("nan")
    mean, half = float(d.mean()), float(mean_squares(d).half_width(level))
    return mean - half, mean + half


def linearised(squares: np.ndarray) -> np.ndarray:
    """Values [seeds, rows] whose mean over rows is each seed's RMSE, to first order those of the rows.

    The delta method: with v_i the mean of seed i's squared errors, sqrt(v) is about sqrt(v_i) + (v - v_i) /
    (2 sqrt(v_i)). So row j has l_ij / (2 rmse_i) + rmse_i / 2. Each arm is linearised by itself, and differences are
    taken afterwards. Metrics that rank rows (an AUC) are no such mean, and have none.

    Args:
        squares: [seeds, rows] squared errors of one arm.
    """
    rmse = np.sqrt(squares.mean(1, keepdims=True))
    values: np.ndarray = np.divide(squares, 2 * rmse, out=np.zeros(squares.shape), where=rmse > 0) + rmse / 2
    return values
