"""Statistics against scipy, statsmodels and brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from mixsuite.stats.paired import (
    _exact,
    effect_factor,
    holm,
    needed_seeds,
    ratio_interval,
    sample_std,
    seeds_for,
    shared_ranks,
    sign_flip,
    skewness,
    t_interval,
    zero_rounding,
)

numbers = st.lists(st.integers(-9, 9).map(lambda k: k / 54), min_size=2, max_size=11)  # ties and zeros abound


def one(d):
    return float(sign_flip(np.array([d], dtype=float))[0])


@given(numbers, st.sampled_from([0.90, 0.95]))
def test_the_interval_is_scipys(values, level):
    d = np.array(values)
    if np.ptp(d) < 1e-12:
        assert t_interval(d, level) == pytest.approx((d[0], d[0]))
    else:
        wanted = stats.ttest_1samp(d, 0).confidence_interval(level)
        assert t_interval(d, level) == pytest.approx((wanted.low, wanted.high))


def test_the_interval_for_new_rows_has_the_inflated_variance():
    d = np.array([0.01, -0.02, 0.05, 0.03])
    low, high = t_interval(d, inflate=3 / 7)
    half = stats.t.ppf(0.975, 3) * np.sqrt((1 / 4 + 3 / 7) * d.var(ddof=1))
    assert (low, high) == pytest.approx((d.mean() - half, d.mean() + half))


def test_one_value_has_no_interval_and_no_p():
    assert np.isnan(t_interval(np.array([0.1]))).all()
    assert math.isnan(one([0.1]))


@given(numbers)
def test_sign_flips_are_counted_as_brute_force_counts_them(values):
    d = [round(v * 54) for v in values]  # whole numbers: no rounding in the twin
    patterns = itertools.product((-1, 1), repeat=len(d))
    sums = [abs(sum(s * v for s, v in zip(signs, d, strict=True))) for signs in patterns]
    assert one(values) == sum(v >= abs(sum(d)) for v in sums) / len(sums)


@pytest.mark.parametrize("n", [6, 9, 13])
def test_sign_flips_are_scipys(n):
    d = np.random.default_rng(n).normal(size=n) + 0.4
    wanted = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert one(d) == pytest.approx(wanted.pvalue, rel=1e-12)


def test_differences_that_cancel_are_no_difference():
    assert one(np.array([4, 7, 4, -7, -8]) / 54) == 1.0
    assert float(sign_flip(np.array([[4, 7, 4, -7, -8] * 7]) / 54)[0]) == 1.0


def test_all_zeros_are_no_difference_and_one_direction_is_the_smallest_p():
    assert one([0.0] * 8) == 1.0
    assert one([0.1] * 10) == 2 / 2**10
    assert one([0.1] * 9 + [0.0]) == 4 / 2**10


@pytest.mark.slow
def test_above_thirty_seeds_fixed_draws_stand_for_the_count():
    draws = np.random.default_rng(0)
    d = draws.normal(size=(3, 32)) + np.array([[0.0], [0.3], [0.6]])
    p = sign_flip(d)
    assert p.tolist() == sign_flip(d).tolist()
    for found, row in zip(p, d, strict=True):
        true = _exact(row)
        assert found == pytest.approx(true, abs=5 * np.sqrt(true / 1e6) + 2e-6)
    assert sign_flip(np.ones((1, 40)))[0] == pytest.approx(1 / (1 + 1e6))  # the observed pattern counts: never 0


@pytest.mark.parametrize("n", [31, 33, 110])
def test_sign_flips_drawn_in_blocks_are_those_drawn_at_once(monkeypatch, n):
    monkeypatch.setattr("mixsuite.stats.paired.DRAWS", 10_000)
    d = np.random.default_rng(n).normal(size=(2, n)) + 0.1
    signs = 2.0 * np.random.Generator(np.random.Philox(key=n)).integers(0, 2, (10_000, n), dtype=np.int8) - 1
    wanted = [(1 + np.count_nonzero(np.abs(signs @ row) >= abs(row.sum()) * (1 - 1e-9))) / 10_001 for row in d]
    assert sign_flip(d).tolist() == wanted


@pytest.mark.slow
@pytest.mark.parametrize("m", [1, 2, 5, 30])
def test_holm_is_statsmodels(m):
    p = np.random.default_rng(m).choice([0.0001, 0.001, 0.002, 0.01, 0.03, 0.05, 0.5, 1.0], m)
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm(p[:0]).tolist() == []


def test_the_needed_seeds_are_those_at_which_something_can_be_found():
    assert [needed_seeds(m) for m in (0, 1, 7, 30)] == [6, 6, 9, 11]
    for m in range(1, 200):
        n = needed_seeds(m)
        assert m * 2 / 2**n <= 0.05
        assert n == 6 or m * 2 / 2 ** (n - 1) > 0.05


@pytest.mark.slow
def test_effect_factors_fall_with_seeds_rise_with_methods_and_join_the_t_formula():
    assert math.isnan(effect_factor(8, 7))
    assert math.isnan(effect_factor(5, 1))
    for m in (1, 7, 14, 33, 200):
        known = [effect_factor(n, m) for n in range(needed_seeds(m), 40)]
        # Just above the needed seeds the p's are few: one more seed may make the level finer or not.
        assert all(b < a * 1.03 for a, b in itertools.pairwise(known))
        assert effect_factor(30, m) == pytest.approx(
            TTestPower().solve_power(nobs=30, alpha=0.05 / m, power=0.8), rel=0.06
        )
    for n in (12, 20, 30, 35):
        known = [effect_factor(n, m) for m in (1, 2, 5, 10, 20, 34, 60)]
        assert all(b >= a or math.isnan(b) for a, b in itertools.pairwise(known))
    assert math.isnan(effect_factor(20, 501))  # beyond the table
    for m in range(1, 501):
        assert not math.isnan(effect_factor(needed_seeds(m), m))


def test_one_factor_is_found_again_by_simulation():
    n, m = 10, 7
    d = np.random.default_rng(5).normal(size=(2_000, n)) + effect_factor(n, m)
    found = float(np.mean(sign_flip(d) * m < 0.05))
    assert found == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / 2_000))


def test_seeds_for_an_effect_are_the_fewest_that_find_it():
    for sd in (0.001, 0.01, 0.02, 0.05):
        n = seeds_for(sd, effect=0.01, m=13)
        assert effect_factor(n, 13) * sd <= 0.01 * 1.001
        assert n == needed_seeds(13) or effect_factor(n - 1, 13) * sd > 0.01
    assert seeds_for(0.0, 0.01, 1) == 6
    assert seeds_for(0.0, 0.01, 501) == 15


def test_rounding_errors_are_no_differences():
    d = zero_rounding(np.array([0.3 - 0.2 - 0.1, 0.1]), 0.3)
    assert d.tolist() == [0.0, 0.1]
    assert sample_std(np.array([0.1, 0.3 - 0.2, 0.1])) == 0.0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_equal_values_share_the_lower_rank(values):
    ranks = shared_ranks(np.array(values, dtype=float))
    assert ranks.tolist() == [1 + sum(other < v for other in values) for v in values]


def test_the_ratio_interval_is_where_the_t_interval_of_the_difference_covers_0():
    rng = np.random.default_rng(3)
    for spread in (0.02, 0.1):
        theirs = 0.3 + spread * rng.standard_normal(9)
        mine = 0.8 * theirs + 0.02 * rng.standard_normal(9)
        low, high = ratio_interval(mine, theirs)
        for ratio, inside in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
            ends = t_interval(mine - ratio * theirs)
            assert (ends[0] <= 0 <= ends[1]) == inside


def test_there_is_no_ratio_to_what_may_be_0():
    assert np.isnan(ratio_interval(np.array([0.1, 0.2, 0.1]), np.array([0.0, 0.0, 0.1]))).all()
    assert np.isnan(ratio_interval(np.array([0.1]), np.array([0.2]))).all()
    assert ratio_interval(np.array([0.0, 0.0, 0.0]), np.array([0.1, 0.2, 0.15])) == (0.0, 0.0)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12))
def test_skewness_is_scipys(d):
    values = np.array(d)
    wanted = stats.skew(values) if np.ptp(values) > 1e-6 else 0.0
    assert skewness(values) == pytest.approx(wanted, abs=1e-6) or np.ptp(values) <= 1e-6
