"""One effect over tasks, against libraries and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from mixsuite.stats.across import SMALLEST
from mixsuite.stats.meta import between_variance, log_ratios, pool, ratios

DRAWS = np.random.default_rng(5)
SDS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.1]
VALUES = [m + sd * DRAWS.standard_normal(10) for m, sd in zip([-0.1, -0.3, 0.05, -0.2, -0.1, -0.4], SDS, strict=True)]
NAMES = list("abcdef")


def test_from_five_data_sets_on_the_interval_is_that_of_their_means():
    found = pool(VALUES, NAMES)
    means = [v.mean() for v in VALUES]
    assert (found.value, found.degrees, found.clusters, found.like) == (pytest.approx(np.mean(means)), 5, 6, True)
    for level in (0.9, 0.95):
        assert found.interval(level) == pytest.approx(stats.t.interval(level, 5, np.mean(means), stats.sem(means)))


def test_it_is_hartung_and_knapps_where_all_variances_are_equal():
    same = [m + 0.1 * (np.arange(10) - 4.5) for m in (-0.1, -0.3, 0.05, -0.2, -0.1, -0.4)]
    theirs = combine_effects(
        np.array([v.mean() for v in same]),
        np.array([v.var(ddof=1) / 10 for v in same]),
        method_re="iterated",
        use_t=True,
    )
    hartung_knapp = theirs.conf_int(use_t=True)[3]
    assert pool(same, NAMES).interval() == pytest.approx(tuple(hartung_knapp))


def test_heterogeneity_is_that_of_statsmodels():
    found = pool(VALUES, NAMES)
    effects, variances = (np.array(x) for x in zip(*[(v.mean(), v.var(ddof=1) / 10) for v in VALUES], strict=True))
    theirs = combine_effects(effects, variances, method_re="iterated")
    assert found.tau**2 == pytest.approx(theirs.tau2, rel=1e-4)
    assert found.share == pytest.approx(theirs.i2, rel=1e-6)
    assert between_variance(np.full(6, 0.1), variances) == 0
    assert between_variance(effects, np.zeros(6)) == pytest.approx(effects.var(ddof=1))


def test_below_five_data_sets_it_is_about_these_tasks_and_the_seeds_give_the_interval():
    found = pool(VALUES[:3], NAMES[:3])
    of_seed = np.mean(VALUES[:3], axis=0)
    assert not found.like
    assert np.isnan(found.tau)
    assert np.isnan(found.share)
    assert found.interval() == pytest.approx(stats.t.interval(0.95, 9, of_seed.mean(), stats.sem(of_seed)))


def test_tasks_of_one_data_set_count_once():
    doubled = pool([*VALUES, VALUES[0], VALUES[0] + 0.2], [*NAMES, "a", "b"])
    joined = pool([VALUES[0], (VALUES[1] + VALUES[0] + 0.2) / 2, *VALUES[2:]], NAMES)
    assert doubled.clusters == 6
    assert doubled.interval() == pytest.approx(joined.interval())
    assert pool(VALUES, ["a", "a", "b", "b", "c", "c"]).clusters == 3
    assert not pool(VALUES, ["a", "a", "b", "b", "c", "c"]).like


def test_where_nothing_varies_the_interval_is_a_point():
    assert pool([np.full(8, 0.25)] * 2, ["a", "b"]).interval() == (0.25, 0.25)
    assert pool([np.full(8, 0.25)] * 5, list("abcde")).interval() == (0.25, 0.25)


def test_the_mean_of_log_ratios_is_the_log_ratio_of_means_and_their_spread_is_the_bootstraps():
    draws = np.random.default_rng(1)
    shared = draws.standard_normal(400)
    mine, theirs = 0.2 + 0.02 * shared + 0.01 * draws.standard_normal(400), 0.3 + 0.03 * shared
    values = log_ratios(mine, theirs, 0.01)
    assert values.mean() == pytest.approx(np.log((mine.mean() + 0.01) / (theirs.mean() + 0.01)))
    drawn = draws.integers(0, 400, (4000, 400))
    again = np.log((mine[drawn].mean(1) + 0.01) / (theirs[drawn].mean(1) + 0.01))
    assert stats.sem(values) == pytest.approx(again.std(), rel=0.06)


def test_a_mean_of_nothing_has_a_logarithm_all_the_same():
    zeros, some = np.zeros(6), np.full(6, 0.5)
    assert log_ratios(zeros, some, 0.0).mean() == pytest.approx(np.log(SMALLEST))
    assert log_ratios(zeros, zeros, 0.0).tolist() == [0.0] * 6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=12), st.floats(0.1, 10))
def test_ratios_know_no_unit_and_are_the_ratio_of_means(values, unit):
    whole = np.array(values)
    part = whole[::-1] * 0.5
    found = ratios(part, whole)
    assert found.mean() == pytest.approx(part.mean() / whole.mean())
    assert ratios(unit * part, unit * whole) == pytest.approx(found)
    swapped = log_ratios(whole, part, 0.0)
    assert swapped == pytest.approx(-log_ratios(part, whole, 0.0))
