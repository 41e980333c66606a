"""Seeds for a tie and for convergence, against quadrature and simulated runs."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mixsuite.stats.paired import t_interval
from mixsuite.stats.power import MOST, convergence_power, seeds_for_convergence, seeds_for_tie, tie_power


@pytest.mark.parametrize(("n", "margin", "difference", "m"), [(6, 1.5, 0.0, 1), (10, 1.0, 0.4, 7), (30, 0.5, 0.3, 1)])
def test_the_chance_of_a_tie_is_scipys_integral(n, margin, difference, m):
    def given(s):
        reach = min(
            margin - stats.t.ppf(0.95, n - 1) * s / math.sqrt(n), stats.t.isf(0.025 / m, n - 1) * s / math.sqrt(n)
        )
        mean = stats.norm(difference, 1 / math.sqrt(n))
        return (
            max(mean.cdf(reach) - mean.cdf(-reach), 0) * stats.chi.pdf(s * math.sqrt(n - 1), n - 1) * math.sqrt(n - 1)
        )

    wanted, _ = integrate.quad(given, 0, margin * math.sqrt(n) / stats.t.ppf(0.95, n - 1), limit=200)
    assert tie_power(n, 2.0, 2 * margin, m, 2 * difference) == pytest.approx(wanted, abs=1e-4)


def test_the_chance_of_a_tie_is_that_of_simulated_seeds():
    draws = np.random.default_rng(0)
    d = draws.normal(0.2, 1, size=(4_000, 12))
    p = stats.ttest_1samp(d, 0, axis=1).pvalue
    ties = [
        low >= -0.8 and high <= 0.8 and one >= 0.05 / 3
        for (low, high), one in zip((t_interval(row, 0.9) for row in d), p, strict=True)
    ]
    assert tie_power(12, 1.0, 0.8, 3, 0.2) == pytest.approx(np.mean(ties), abs=0.025)


def test_seeds_for_a_tie_are_the_fewest():
    n = seeds_for_tie(1.0, 0.7, 3)
    assert tie_power(n, 1.0, 0.7, 3) >= 0.8 > tie_power(n - 1, 1.0, 0.7, 3)
    assert seeds_for_tie(0.01, 1.0, 3) == 7  # never fewer than a verdict needs
    assert seeds_for_tie(0.0, 1.0, 1) == 6
    assert seeds_for_tie(1.0, 0.01, 1) is None
    assert seeds_for_tie(0.1, 1.0, 1, difference=0.5) is None  # that is significant, whatever the margin
    assert seeds_for_tie(1.0, 0.5, 1, difference=0.05) > seeds_for_tie(1.0, 0.5, 1)


def converged(gains, margin):
    """The rule, of gains [seeds, 2]: the method's and the reference's."""
    low, high = t_interval(gains[:, 0] - gains[:, 1], 0.9)
    bounds = [t_interval(gains[:, arm], 0.9)[1] for arm in (0, 1)]
    return -margin < low and high < margin and max(bounds) < margin


@pytest.mark.parametrize("gains", [(0.0, 0.0), (0.3, 0.1), (-0.2, 0.3), (1.0, 1.0)])
def test_the_chance_of_convergence_is_that_of_simulated_runs(gains):
    draws = np.random.default_rng(1)
    spread = np.linalg.cholesky([[1.0, 0.5], [0.5, 2.25]])
    runs = np.array(gains) + draws.normal(size=(3_000, 10, 2)) @ spread.T
    share = np.mean([converged(one, 1.0) for one in runs])
    between = math.sqrt(1 + 2.25 - 2 * 0.5)
    assert convergence_power(10, 1.0, 1.5, between, 1.0, *gains) == pytest.approx(share, abs=0.03)


def test_an_arm_that_still_gains_the_margin_passes_in_at_most_five_of_a_hundred():
    for n in (3, 10, 40):
        assert convergence_power(n, 1.0, 1.0, 0.1, 0.5, 0.5, 0.5) <= 0.055
        assert convergence_power(n, 0.1, 0.1, 1.0, 0.5, 0.0, -0.5) <= 0.055


def test_seeds_for_convergence_are_the_fewest():
    n = seeds_for_convergence(1.0, 1.0, 0.8, 0.6)
    assert convergence_power(n, 1.0, 1.0, 0.8, 0.6) >= 0.8 > convergence_power(n - 1, 1.0, 1.0, 0.8, 0.6)
    assert n == seeds_for_convergence(1.0, 1.0, 0.8, 0.6)  # draws are fixed
    assert seeds_for_convergence(1.0, 1.0, 0.8, 0.6, gain_method=0.3) > n
    assert seeds_for_convergence(0.0, 0.0, 0.0, 0.1) == 3
    assert seeds_for_convergence(1.0, 1.0, 1.0, 0.001) is None
    assert MOST == 1_000
