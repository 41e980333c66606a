"""Two-way random effects against statsmodels' analysis of variance, by hand, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from mixsuite.stats.two_way import MeanSquares, linearised, mean_squares, two_way_interval

tables = arrays(float, st.tuples(st.integers(2, 5), st.integers(2, 7)), elements=st.integers(-3, 3).map(float))


def made_up(n=6, m=9):
    draws = np.random.default_rng(n)
    return draws.normal(size=(n, 1)) + draws.normal(size=(1, m)) + draws.normal(size=(n, m))


def test_mean_squares_are_statsmodels():
    d = made_up()
    table = pd.DataFrame([(f"s{i}", f"r{j}", d[i, j]) for i in range(6) for j in range(9)], columns=["s", "r", "d"])
    wanted = anova_lm(ols("d ~ C(s) + C(r)", table).fit())["mean_sq"]
    found = mean_squares(d)
    assert [found.seeds, found.rows, found.error] == pytest.approx(wanted.to_list())


def test_the_interval_by_hand():
    d = made_up(4, 7)
    squares = mean_squares(d)
    variance = (squares.seeds + squares.rows - squares.error) / 28
    degrees = (variance * 28) ** 2 / (squares.seeds**2 / 3 + squares.rows**2 / 6 + squares.error**2 / 18)
    assert two_way_interval(d) == pytest.approx(stats.t.interval(0.95, degrees, d.mean(), np.sqrt(variance)))


def test_where_rows_do_not_matter_it_is_the_t_interval_over_seeds():
    d = np.repeat(np.random.default_rng(0).normal(size=(8, 1)), 500, axis=1)
    assert two_way_interval(d) == pytest.approx(stats.ttest_1samp(d[:, 0], 0).confidence_interval())


def test_where_seeds_do_not_matter_it_is_the_t_interval_over_rows():
    d = np.repeat(np.random.default_rng(0).normal(size=(1, 30)), 8, axis=0)
    assert two_way_interval(d, 0.9) == pytest.approx(stats.ttest_1samp(d[0], 0).confidence_interval(0.9))


@given(tables, st.permutations(range(5)), st.permutations(range(7)))
def test_the_order_of_seeds_and_rows_and_the_units_do_not_matter(d, seeds, rows):
    low, high = two_way_interval(d)
    assert low <= d.mean() <= high
    shuffled = d[[i for i in seeds if i < d.shape[0]]][:, [j for j in rows if j < d.shape[1]]]
    assert two_way_interval(shuffled) == pytest.approx((low, high), abs=1e-9)
    assert two_way_interval(1 - 2 * d) == pytest.approx((1 - 2 * high, 1 - 2 * low), abs=1e-9)
    assert two_way_interval(d.T) == pytest.approx((low, high), abs=1e-9)


def test_equal_differences_have_a_point_and_one_seed_or_row_has_no_interval():
    assert two_way_interval(np.full((3, 4), 0.5)) == (0.5, 0.5)
    assert np.isnan(two_way_interval(np.ones((1, 9)))).all()
    assert np.isnan(two_way_interval(np.ones((9, 1)))).all()
    with pytest.raises(ValueError, match="two seeds and two rows, not 1 and 9"):
        mean_squares(np.ones((1, 9)))


def test_components_are_found_again():
    draws = np.random.default_rng(3)
    d = 2 * draws.normal(size=(300, 1)) + 3 * draws.normal(size=(1, 400)) + draws.normal(size=(300, 400))
    assert np.array(mean_squares(d).components()) == pytest.approx([4, 9, 1], rel=0.2)
    assert MeanSquares(1.0, 1.0, 2.0, 5, 5).components() == (0.0, 0.0, 2.0)


@pytest.mark.parametrize(("seed_sd", "row_sd"), [(0.3, 0.0), (0.0, 0.8), (0.3, 0.8), (0.0, 0.0)])
def test_it_covers_new_seeds_and_new_rows(seed_sd, row_sd):
    draws = np.random.default_rng(7)
    held = 0
    for _ in range(1_500):
        noise = draws.normal(size=(8, 60))
        d = seed_sd * draws.normal(size=(8, 1)) + row_sd * draws.normal(size=(1, 60)) + noise
        low, high = two_way_interval(d)
        held += low <= 0 <= high
    assert held / 1_500 == pytest.approx(0.95, abs=0.025)


def test_linearised_losses_have_the_rmse_as_their_mean_and_its_spread():
    draws = np.random.default_rng(5)
    squares = draws.normal(size=(2_000, 400)) ** 2
    values = linearised(squares)
    rmse = np.sqrt(squares.mean(1))
    assert values.mean(1) == pytest.approx(rmse)
    assert np.mean(values.std(1, ddof=1) / 20) == pytest.approx(rmse.std(ddof=1), rel=0.06)
    assert (linearised(np.zeros((2, 3))) == 0).all()
