"""How many seeds a question takes: for a tie, and for "has the comparison converged?".

For better and worse there is ``paired.seeds_for``. The spreads are of earlier runs or of tuning, never of the seeds
that the question is about. Differences are taken as normal.
"""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
from scipy.special import gammaincinv, ndtr, stdtrit

from mixsuite.stats.paired import LEVEL, POWER, needed_seeds

MOST = 1_000  # seeds; a question that takes more has no answer
DRAWS = 10_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


def tie_power(n: int, sd: float, margin: float, m: int, difference: float = 0.0) -> float:
    """The chance that one of m methods is called a tie: the 90 % interval lies inside the margin, and p is not small.

    An integral over the law of the sample's standard deviation s, a chi with n - 1 degrees of freedom. Given s, the
    mean must lie within margin - t s / sqrt(n), and must not reach Student's quantile at 0.05 / m, which stands for
    the sign-flip test.

    Args:
        n: seeds, at least 2.
        sd: standard deviation of the paired differences.
        margin: differences that count as equal.
        m: number of methods compared.
        difference: the true one.
    """
    if sd == 0:
        return float(difference == 0)
    s = sd * np.sqrt(2 * gammaincinv((n - 1) / 2, (_NODES + 1) / 2) / (n - 1))
    error = s / math.sqrt(n)
    reach = np.minimum(margin - stdtrit(n - 1, 0.95) * error, stdtrit(n - 1, 1 - LEVEL / m / 2) * error)
    scale = sd / math.sqrt(n)
    inside = ndtr((reach - difference) / scale) - ndtr((-reach - difference) / scale)
    return float(np.sum(_WEIGHTS * np.where(reach > 0, inside, 0.0)) / 2)


def seeds_for_tie(sd: float, margin: float, m: int, difference: float = 0.0) -> int | None:
    """The fewest seeds at which a true difference is called a tie with 80 % power; None if up to 1,000 are not enough.

    A difference other than 0 may have none: more seeds make it significant.
    """
    seeds = range(needed_seeds(m), MOST + 1)
    return next((n for n in seeds if tie_power(n, sd, margin, m, difference) >= POWER), None)


def convergence_power(
    n: int,
    sd_method: float,
    sd_reference: float,
    sd_between: float,
    margin: float,
    gain_method: float = 0.0,
    gain_reference: float = 0.0,
) -> float:
    """The chance that a comparison is said to have converged.

    That is, the 90 % interval of d(2T) - d(T) lies inside the margin, and for either arm the one-sided 95 % bound of
    its gain, what doubling the length T improves, is below the margin. The three share their seeds: means are drawn as
    normal and variances as Wishart, 10,000 times, the same in every call.

    Args:
        n: seeds, at least 3.
        sd_method: standard deviation over seeds of the method's gain.
        sd_reference: standard deviation of the reference's gain.
        sd_between: standard deviation of the difference of the two, which is d(2T) - d(T).
        margin: differences that count as equal.
        gain_method: the method's true gain.
        gain_reference: the reference's true gain.
    """
    draws = np.random.Generator(np.random.Philox(key=n))
    together = (sd_method**2 + sd_reference**2 - sd_between**2) / 2
    along = min(max(together / (sd_method * sd_reference), -1.0), 1.0) if sd_method * sd_reference > 0 else 0.0
    root = np.array([[sd_method, 0.0], [sd_reference * along, sd_reference * math.sqrt(1 - along**2)]])
    contrasts = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]) @ root  # method, reference, difference [3, 2]
    means = draws.standard_normal((DRAWS, 2)) @ contrasts.T / math.sqrt(n)
    means += [gain_method, gain_reference, gain_method - gain_reference]
    bartlett = np.zeros((DRAWS, 2, 2))
    bartlett[:, 0, 0], bartlett[:, 1, 1] = (
        np.sqrt(draws.chisquare(n - 1, DRAWS)),
        np.sqrt(draws.chisquare(n - 2, DRAWS)),
    )
    bartlett[:, 1, 0] = draws.standard_normal(DRAWS)
    half = float(stdtrit(n - 1, 0.95)) * np.sqrt(np.sum((contrasts @ bartlett) ** 2, axis=2) / (n - 1) / n)
    bound = means + half  # [DRAWS, 3]
    return float(np.mean((bound < margin).all(1) & (means[:, 2] - half[:, 2] > -margin)))


def seeds_for_convergence(
    sd_method: float,
    sd_reference: float,
    sd_between: float,
    margin: float,
    gain_method: float = 0.0,
    gain_reference: float = 0.0,
) -> int | None:
    """The fewest seeds at which a comparison is said to have converged with 80 % power; None if 1,000 are not enough.

    The arguments are those of ``convergence_power``.
    """

    def power(n: int) -> float:
        return convergence_power(n, sd_method, sd_reference, sd_between, margin, gain_method, gain_reference)

    n = bisect_left(range(MOST + 1), POWER, lo=3, key=power)
    return n if n <= MOST else None
