"""Stop when decided: looks at a growing number of seeds, with the chance of a false word kept over all of them.

The looks are declared before the first one. Each test may use up its level little by little: by a look at n of N seeds
at most the share (n / N)^1.5 of it (Lan and DeMets 1983; Kim and DeMets 1987 have this family).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, stdtrit

from mixsuite.stats.paired import LEVEL, sample_std, t_interval
from mixsuite.stats.primary import Better
from mixsuite.stats.verdicts import BETTER, TIE, UNDECIDED, WORSE

RHO = 1.5  # power of the spending function: of 1, 1.5, 2 and 3 it needs the fewest seeds, if not by much; see the proof
GROWTH = 1.25  # from one look to the next
FUTILE = 0.1  # a comparison with a smaller chance to be decided by the last look is given up
PATTERNS = 2**16  # sign patterns that are kept: all of them up to 16 seeds, beyond that drawn ones


@dataclass(frozen=True)
class Sequential:
    """What the looks so far say.

    word:      better, worse, tie, or undecided.
    n:         seeds at the look that decided, or else at the last look; 0 before the first.
    low, high: the repeated 95 % confidence interval of the mean difference at that look.
    stopped:   whether no further seeds are due: decided, given up, or the last look has been.
    """

    word: str
    n: int
    low: float = math.nan
    high: float = math.nan
    stopped: bool = False


def spent(n: int, looks: tuple[int, ...]) -> float:
    """The share of a level that may be used up by the look at n seeds."""
    return float((n / looks[-1]) ** RHO)


def looks_for(first: int, most: int, m: int) -> tuple[int, ...]:
    """The default looks at one of m methods: from the first one at which the test can find anything, to ``most`` seeds.

    The sign-flip test's smallest p, 2 / 2^n, must lie within the share that the look has. From look to look the seeds
    grow by a quarter or so, evenly.

    Args:
        first: fewest seeds at which to look.
        most: seeds at the last look.
        m: number of methods compared.
    """
    fit = (n for n in range(max(first, 2), most) if 2 / 2**n <= LEVEL / m * spent(n, (most,)))
    earliest = next(fit, most)
    steps = max(1, round(math.log(most / earliest) / math.log(GROWTH)))
    return tuple(sorted({round(n) for n in np.geomspace(earliest, most, steps + 1).tolist()}))


def boundaries(sizes: np.ndarray, looks: tuple[int, ...], level: float, two_sided: bool = True) -> Iterator[float]:
    """Yield what the sum of the differences must exceed at each look, from their absolute values alone.

    Given the sizes, all sign patterns are equally likely if differences are symmetric about 0. A pattern crosses at a
    look if its sum is among the largest of those that have not crossed before, as many as the level spent by then pays
    for; what a look leaves over, a later one has. So the chance to cross at any look is at most the level: exactly up
    to 16 seeds, where every pattern is counted, and up to the error of fixed draws beyond, where the observed pattern
    counts too.

    Args:
        sizes: [n] absolute differences in the order of seeds; looks beyond n have not been yet.
        looks: numbers of seeds, ascending.
        level: of all looks together.
        two_sided: whether a sum counts by its size, or only where it is positive.
    """
    draws = np.random.Generator(np.random.Philox(key=0))
    sums = sizes[:1] if two_sided else np.array([-sizes[0], sizes[0]])
    weight, used, done, drawn = 1 / len(sums), 0.0, 1, 0
    for n in looks:
        if n > len(sizes):
            return
        for size in sizes[done:n]:
            if 2 * len(sums) <= PATTERNS:
                sums, weight = np.concatenate([sums - size, sums + size]), weight / 2
            else:
                sums, drawn = sums + size * (2.0 * draws.integers(0, 2, len(sums), dtype=np.int8) - 1), 1
        done = n
        reach = np.abs(sums) if two_sided else sums
        affordable = min(int((level * spent(n, looks) - used) / weight + 1e-9) - drawn, len(reach) - 1)
        edge = float(np.partition(reach, -1 - affordable)[-1 - affordable]) if affordable >= 0 else math.inf
        edge += 1e-9 * abs(edge) + 1e-12 * float(np.sum(sizes[:n]))  # equal sums may differ by rounding
        yield edge
        alive = reach <= edge
        used += weight * (len(sums) - np.count_nonzero(alive))
        sums = sums[alive]


def first_crossing(d: np.ndarray, looks: tuple[int, ...], level: float, two_sided: bool = True) -> int | None:
    """The first look at which the group-sequential sign-flip test rejects that d is symmetric about 0; None if none.

    Args:
        d: [n] differences in the order of seeds; looks beyond n have not been yet.
        looks: numbers of seeds, ascending.
        level: the chance, over all looks, to reject what is symmetric.
        two_sided: whether the sum counts by its size, or only where it is positive.
    """
    for n, edge in zip(looks, boundaries(np.abs(d), looks, level, two_sided), strict=False):
        total = float(np.sum(d[:n]))
        if (abs(total) if two_sided else total) > edge:
            return n
    return None


def sequential_verdict(
    d: np.ndarray, looks: tuple[int, ...], margin: float, m: int, better: Better = "lower", futile: float = FUTILE
) -> Sequential:
    """What the looks so far say of one of m methods.

    - better, worse: ``first_crossing`` at level 0.05 / m (Bonferroni). So the chance of any false one among the m
      methods, over all looks, is at most 5 %.
    - tie: both one-sided tests have rejected, at 5 % each over all looks: of d + margin, and of margin - d. So a tie is
      false in at most 5 % of the comparisons whose true difference is the margin or more.
    - undecided: at the last look, or where the chance to be decided by then has become small. Giving up makes no word
      false, so it need not be declared.

    Args:
        d: [n] differences, method minus reference, in the order of seeds.
        looks: numbers of seeds, ascending, declared before the first look.
        margin: differences that count as equal.
        m: number of methods compared.
        better: the direction in which the metric improves.
        futile: the chance below which a comparison is given up; 0 never gives up.

    Raises:
        ValueError: the looks do not ascend from two seeds on.
    """
    if not looks or looks[0] < 2 or any(b <= a for a, b in pairwise(looks)):
        raise ValueError(f"looks are ascending numbers of seeds, from 2 on, not {looks}")
    been = [n for n in looks if n <= len(d)]
    if not been:
        return Sequential(UNDECIDED, 0)
    found = first_crossing(d, looks, LEVEL / m)
    above = first_crossing(d + margin, looks, LEVEL, two_sided=False)
    below = first_crossing(margin - d, looks, LEVEL, two_sided=False)
    equal = max(above, below) if above and below else None
    for n in been:
        interval = repeated_interval(d[:n], looks)
        if n == found:
            return Sequential(BETTER if (np.sum(d[:n]) < 0) == (better == "lower") else WORSE, n, *interval, True)
        if n == equal:
            return Sequential(TIE, n, *interval, True)
        if n == looks[-1] or chance_left(d[:n], looks[-1], margin, m) < futile:
            return Sequential(UNDECIDED, n, *interval, True)
    return Sequential(UNDECIDED, been[-1], *repeated_interval(d[: been[-1]], looks), False)


def repeated_interval(d: np.ndarray, looks: tuple[int, ...]) -> tuple[float, float]:
    """Student's interval for the mean at one of the looks; over all looks together at least 95 % hold the true mean.

    Each look has the share of the 5 % that it adds to what was spent before. Their sum is 5 %, so this is the most that
    the chance of any interval to miss can be (Jennison and Turnbull 2000, chapter 9, with Bonferroni's bound).

    Args:
        d: [n] differences up to the look; n is one of the looks.
        looks: numbers of seeds, ascending.
    """
    place = looks.index(len(d))
    before = spent(looks[place - 1], looks) if place else 0.0
    return t_interval(d, 1 - LEVEL * (spent(len(d), looks) - before))


def chance_left(d: np.ndarray, most: int, margin: float, m: int) -> float:
    """The chance that a comparison is decided by the last look, if differences go on as they are, [n] of ``most``.

    The sum at the end is taken as normal about n + further differences of the present mean and deviation (stochastic
    curtailment under the current trend, Jennison and Turnbull 2000, chapter 10), and the tests as t-tests.
    """
    n, mean, sd = len(d), float(np.mean(d)), sample_std(d)
    if sd == 0:
        return 1.0
    sums, spread = most * mean, sd * math.sqrt(most - n)
    reach = float(stdtrit(most - 1, 1 - LEVEL / m / 2)) * sd * math.sqrt(most)
    inside = most * margin - float(stdtrit(most - 1, 1 - LEVEL)) * sd * math.sqrt(most)
    differs = ndtr((sums - reach) / spread) + ndtr((-sums - reach) / spread)
    equal = ndtr((inside - sums) / spread) - ndtr((-inside - sums) / spread) if inside > 0 else 0.0
    return float(differs + equal)
