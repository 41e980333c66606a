"""The statistics of paired runs: small, pure functions of numbers."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

LEVEL = 0.05  # chance of any false better or worse in a table
POWER = 0.8  # with which least_effect is found
EXACT_UP_TO = 30  # seeds whose sign flips are counted exactly
DRAWS = 1_000_000  # sign flips drawn above that number of seeds
_BLOCK = 5_000  # sign flips drawn at once: few, for memory; a multiple of 8, as a word of the stream gives 8 signs
NEVER_BELOW = 6  # seeds: the smallest n whose sign-flip test can reach 0.05 at all


def mean(values: Iterable[float]) -> float:
    """The mean, independent of the order; nan for no values."""
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else math.nan


def zero_rounding(d: np.ndarray, scale: float) -> np.ndarray:
    """Set differences d [n] to 0 if they are rounding errors of numbers of the given scale."""
    return np.where(np.abs(d) <= 1e-12 * scale, 0.0, d)


def sample_std(d: np.ndarray) -> float:
    """The sample standard deviation of d [n]; exactly 0 where all values are equal up to rounding."""
    sd = float(np.std(d, ddof=1))
    return sd if sd > 1e-9 * float(np.max(np.abs(d))) else 0.0


def skewness(d: np.ndarray) -> float:
    """The skewness of d [n]: the mean cube of standardised values; 0 where all values are equal."""
    spread = float(np.std(d))
    if spread == 0 or sample_std(d) == 0:
        return 0.0
    return float(np.mean(((d - np.mean(d)) / spread) ** 3))


def t_interval(d: np.ndarray, level: float = 0.95, inflate: float = 0.0) -> tuple[float, float]:
    """Student's t-interval for the mean of d [n], unadjusted; (nan, nan) below two values.

    If all values are equal, the interval is the point itself.

    Args:
        d: [n] paired differences.
        level: coverage of the interval.
        inflate: added to 1/n, the factor of the variance. It is n_test / n_train for new rows of the same source, since
            the runs' training parts overlap (Nadeau and Bengio 2003, equation 9).
    """
    n = len(d)
    if n < 2:
        return float("nan"), float("nan")
    half = sample_std(d) * math.sqrt(1 / n + inflate) * float(stdtrit(n - 1, (1 + level) / 2))
    return float(np.mean(d)) - half, float(np.mean(d)) + half


def ratio_interval(mine: np.ndarray, theirs: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Fieller's interval for mean(mine) / mean(theirs) of values [n] paired by seed (Fieller 1954).

    It holds the ratios r at which Student's t-interval for the mean of mine - r theirs covers 0. There is none, (nan,
    nan), below two values, and where the data do not show that the mean of ``theirs`` is above 0.

    Args:
        mine: [n] values that are not negative.
        theirs: [n] values that are not negative.
        level: coverage of the interval.
    """
    n = len(mine)
    if n < 2:
        return float("nan"), float("nan")
    spread = np.cov(mine, theirs) / n * float(stdtrit(n - 1, (1 + level) / 2)) ** 2
    x, y = float(np.mean(mine)), float(np.mean(theirs))
    a, b, c = y * y - spread[1, 1], x * y - spread[0, 1], x * x - spread[0, 0]
    if a <= 0:
        return float("nan"), float("nan")
    half = math.sqrt(max(b * b - a * c, 0.0))
    return max((b - half) / a, 0.0), (b + half) / a


def sign_flip(d: np.ndarray) -> np.ndarray:
    """The two-sided p-values of the sign-flip test, one for each row of differences d [k, n]; nan where n < 2.

    p is the share of the 2^n sign patterns s with |sum(s d)| >= |sum(d)|, up to rounding. Up to 30 values it is counted
    exactly, by meeting in the middle. Above, 10^6 patterns are drawn, the same in every call, and the observed pattern
    counts among them. The test assumes that d is symmetric about 0 when nothing differs.
    """
    k, n = d.shape
    if n < 2:
        return np.full(k, np.nan)
    if n <= EXACT_UP_TO:
        return np.array([_exact(row) for row in d])
    reach = np.array([_reach(row) for row in d])
    hits, sums_of = np.zeros(k), _sums_of_eight(d)
    stream = np.random.Philox(key=n)
    for _ in range(DRAWS // _BLOCK):
        drawn = stream.random_raw(_BLOCK * n // 8).astype("<u8", copy=False).view(np.uint8).reshape(_BLOCK, n)
        patterns = np.packbits(drawn >= 128, axis=1)  # the sign is a byte's highest bit
        sums = np.zeros((_BLOCK, k))
        for table, column in zip(sums_of, np.ascontiguousarray(patterns.T), strict=True):
            sums += table.take(column, axis=0)
        hits += np.count_nonzero(np.abs(sums) >= reach, axis=0)
    return (1 + hits) / (1 + DRAWS)


def _sums_of_eight(d: np.ndarray) -> np.ndarray:
    """The sums [ceil(n / 8), 256, k] of each eight differences of d [k, n] under every pattern of their signs.

    A pattern is a byte; the first difference's sign is its highest bit. So a sum of n signed differences is a sum of
    n / 8 numbers that are looked up.
    """
    k, n = d.shape
    eights = np.zeros((k, -(-n // 8) * 8))
    eights[:, :n] = d
    signs = 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1) - 1  # [256, 8]
    return np.asarray(np.einsum("pi,kgi->gpk", signs, eights.reshape(k, -1, 8)))


def _reach(d: np.ndarray) -> float:
    """The value that a pattern's sum must reach: a little below |sum(d)|, since equal sums may differ by rounding."""
    return max(abs(float(np.sum(d))) * (1 - 1e-9) - 1e-12 * float(np.sum(np.abs(d))), 0.0)


def _exact(d: np.ndarray) -> float:
    reach = _reach(d)
    if reach == 0:
        return 1.0
    half = len(d) // 2
    one, other = _all_sums(d[:half]), np.sort(_all_sums(d[half:]))
    above = len(other) - np.searchsorted(other, reach - one, side="left")
    below = np.searchsorted(other, -reach - one, side="right")
    return float(np.sum(above) + np.sum(below)) / float(2 ** len(d))


def _all_sums(d: np.ndarray) -> np.ndarray:
    """The sums [2^k] of d [k] under every sign pattern."""
    sums = np.zeros(1)
    for value in d:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values of a family p [m] (Holm 1979).

    The tests compare it with statsmodels' multipletests. That one collects garbage at every call, which took a third of
    the time of a large leaderboard.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def needed_seeds(m: int) -> int:
    """The fewest seeds n at which one of m methods can be found at all: the smallest p is 2 / 2^n."""
    return max(NEVER_BELOW, math.ceil(math.log2(2 * max(m, 1) / LEVEL)))


@cache
def _effects() -> tuple[tuple[int, ...], dict[int, list[float]]]:
    """(numbers of methods m, seeds n -> k for each m), made by benchmarks/proofs/least_effect.py."""
    with (Path(__file__).parent / "least_effect.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    table = {int(n): [float(k) if k else math.nan for k in ks] for n, *ks in rows}
    return tuple(int(m) for m in header[1:]), table


@cache
def effect_factor(n: int, m: int) -> float:
    """The true mean difference, in standard deviations, that n seeds find among m methods with 80 % power.

    This is the worst case, the smallest p of Holm's procedure; nan below the needed seeds. Up to 30 seeds the value
    comes from a table, made by simulating normal differences through the sign-flip test; for an m that it lacks, the
    next larger m counts. Above 30 seeds it is that of Student's t-test at level 0.05 / m.
    """
    if n < needed_seeds(m):
        return math.nan
    if n > EXACT_UP_TO:
        return _t_power(nobs=n, alpha=LEVEL / m)
    methods, table = _effects()
    larger = [place for place, count in enumerate(methods) if count >= m and not math.isnan(table[n][place])]
    return table[n][larger[0]] if larger else math.nan


def seeds_for(sd: float, effect: float, m: int) -> int:
    """The fewest seeds that find an effect among m methods with 80 % power; sd: standard deviation of differences."""
    n = needed_seeds(m)
    if sd == 0:
        return n
    while n <= EXACT_UP_TO:
        factor = effect_factor(n, m)
        if factor * sd <= effect:
            return n
        n += 1
    return max(n, math.ceil(_t_power(effect_size=effect / sd, alpha=LEVEL / m)))


def _t_power(**known: float) -> float:
    """Solve for effect_size (in standard deviations) or nobs, whichever is missing, for the one-sample t-test."""
    from statsmodels.stats.power import TTestPower

    return float(np.squeeze(TTestPower().solve_power(power=POWER, **known)))


def shared_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 over the last axis, the smallest first; equal values share the lower rank."""
    return np.asarray(rankdata(values, method="min", axis=-1))
