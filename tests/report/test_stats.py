"""Statistics against scipy and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixsuite.report.stats import shared_ranks, t_interval

numbers = st.lists(st.integers(-50, 50).map(lambda k: k / 54), min_size=2, max_size=12)


@given(numbers)
def test_the_interval_is_scipys(values):
    d = np.array(values)
    if np.ptp(d) < 1e-12:
        assert t_interval(d) == pytest.approx((d[0], d[0]))
    else:
        wanted = stats.ttest_1samp(d, 0).confidence_interval(0.95)
        assert t_interval(d) == pytest.approx((wanted.low, wanted.high))


def test_one_value_has_no_interval():
    assert np.isnan(t_interval(np.array([0.1]))).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_equal_values_share_the_lower_rank(values):
    ranks = shared_ranks(np.array(values, dtype=float))
    assert ranks.tolist() == [1 + sum(other < v for other in values) for v in values]
