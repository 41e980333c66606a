"""From paired differences to verdicts: better, worse, tie, undecided.

A family is read together: it is the methods of one (task, reference) table. The chance of any false better or worse in
a family is at most 5 % (sign-flip test, Holm), if d is symmetric about 0 when nothing differs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import nan
from typing import TypeVar

import numpy as np

from mixsuite.stats.paired import (
    LEVEL,
    effect_factor,
    holm,
    needed_seeds,
    ratio_interval,
    sample_std,
    sign_flip,
    t_interval,
    zero_rounding,
)
from mixsuite.stats.primary import Better
from mixsuite.stats.two_way import two_way_interval

K = TypeVar("K", bound=Hashable)
BETTER, WORSE, TIE, UNDECIDED = "better", "worse", "tie", "undecided"
COUNTED = (BETTER, TIE, WORSE, UNDECIDED)


@dataclass(frozen=True)
class Paired:
    """One comparison.

    d:        [n] differences, method minus reference, over the seeds that are ok for both.
    complete: whether every seed of both cells is ok and paired. Which seeds fail may depend on the method, so an
              incomplete cell shows no mean and gets no verdict.
    margin:   differences up to it count as equal.
    test_train_ratio: n_test / n_train if the seed draws the split, for the interval for new rows; None: it does not, or
              the test part is the larger one.
    better:   the direction in which the metric improves.
    of_rows:  [n, rows] differences in the loss of each test row, where all seeds have the same ones; None: unknown.
    distances: [n] each, the method's and the reference's distance from the metric's optimum; None: no ratio is shown.
    """

    d: np.ndarray
    complete: bool
    margin: float
    test_train_ratio: float | None = None
    better: Better = "lower"
    distances: tuple[np.ndarray, np.ndarray] | None = None
    of_rows: np.ndarray | None = None


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison; numbers that do not exist are nan.

    word:         the verdict; an undecided one may add how many seeds it needs.
    pairs:        number of paired seeds.
    diff:         mean difference, method minus reference.
    low, high:    unadjusted 95 % t-interval of the mean difference.
    p:            p-value of the sign-flip test.
    p_holm:       p adjusted over the family.
    least_effect: the true mean difference that the test finds with 80 % power with these seeds.
    low_new, high_new: the interval for new rows.
    within:       whether the 90 % interval of the difference lies within +-margin; None: unknown.
    ratio:        mean distance from the optimum as a multiple of the reference's.
    ratio_low, ratio_high: its 95 % interval (Fieller).
    stopped:      where seeds are added until decided: the number of seeds at the last look.
    low_repeated, high_repeated: there, the repeated 95 % interval of the mean difference.
    """

    word: str
    pairs: int
    diff: float = nan
    low: float = nan
    high: float = nan
    p: float = nan
    p_holm: float = nan
    least_effect: float = nan
    low_new: float = nan
    high_new: float = nan
    within: bool | None = None
    ratio: float = nan
    ratio_low: float = nan
    ratio_high: float = nan
    stopped: int = 0
    low_repeated: float = nan
    high_repeated: float = nan


def pair(mine: dict[int, float], theirs: dict[int, float]) -> np.ndarray:
    """Differences [n] over the seeds that both have, in ascending order; rounding errors are 0."""
    seeds = sorted(mine.keys() & theirs.keys())
    a, b = (np.array([values[s] for s in seeds], dtype=np.float64) for values in (mine, theirs))
    return zero_rounding(a - b, float(np.max(np.abs([a, b]), initial=0.0)))


def judge(family: dict[K, Paired]) -> dict[K, Verdict]:
    """The verdict of every comparison of a family. Comparisons with at least two pairs are tested."""
    p = _sign_flips({key: paired.d for key, paired in family.items() if len(paired.d) >= 2})
    adjusted = dict(zip(p, holm(np.array(list(p.values()))), strict=True))
    return {
        key: _verdict(paired, p.get(key, nan), float(adjusted.get(key, nan)), len(p)) for key, paired in family.items()
    }


def count(words: Iterable[object]) -> dict[str, int]:
    """Count the verdicts by the words of COUNTED; the seeds that an undecided verdict needs are ignored."""
    bare = [str(word).split(" (")[0] for word in words]
    return {word: bare.count(word) for word in COUNTED}


def _sign_flips(family: dict[K, np.ndarray]) -> dict[K, float]:
    """The p-value of each comparison; those of one length are tested at once."""
    p: dict[K, float] = {}
    for n in {len(d) for d in family.values()}:
        keys = [key for key, d in family.items() if len(d) == n]
        p |= zip(keys, sign_flip(np.array([family[key] for key in keys])).tolist(), strict=True)
    return {key: p[key] for key in family}


def _verdict(paired: Paired, p: float, p_holm: float, m: int) -> Verdict:
    d, n = paired.d, len(paired.d)
    if not paired.complete or n == 0:
        return Verdict(UNDECIDED, n, p=p, p_holm=p_holm)
    low, high = t_interval(d)
    low_new, high_new = _for_new_rows(paired)
    sd = sample_std(d) if n > 1 else 0.0
    needed = needed_seeds(m)
    within = is_within(d, paired.margin) if n > 1 else None
    word = _word(paired, p_holm, bool(within)) if n >= needed else f"{UNDECIDED} (needs {needed} seeds)"
    effect = effect_factor(n, m) * sd if sd > 0 else nan
    return Verdict(
        word, n, float(np.mean(d)), low, high, p, p_holm, effect, low_new, high_new, within, *_ratio(paired.distances)
    )


def _for_new_rows(paired: Paired) -> tuple[float, float]:
    """The interval for new rows: two-way where all seeds test the same rows, else by the overlap of drawn splits."""
    if paired.of_rows is not None:
        return two_way_interval(paired.of_rows)
    return (nan, nan) if paired.test_train_ratio is None else t_interval(paired.d, inflate=paired.test_train_ratio)


def is_within(d: np.ndarray, margin: float) -> bool:
    """Whether the 90 % t-interval of differences d [n] lies within +-margin: two one-sided tests at 5 %."""
    low, high = t_interval(d, 0.90)
    edge = margin * (1 + 1e-9)  # so that 0.31 - 0.30 is at most 0.01
    return -edge <= low and high <= edge


def _word(paired: Paired, p_holm: float, within: bool) -> str:
    if p_holm < LEVEL:
        return BETTER if (np.mean(paired.d) < 0) == (paired.better == "lower") else WORSE
    return TIE if within else UNDECIDED


def _ratio(distances: tuple[np.ndarray, np.ndarray] | None) -> tuple[float, float, float]:
    """The ratio of mean distances with its interval; nan where the reference's mean is 0."""
    if distances is None or not np.mean(distances[1]):
        return nan, nan, nan
    return float(np.mean(distances[0]) / np.mean(distances[1])), *ratio_interval(*distances)
