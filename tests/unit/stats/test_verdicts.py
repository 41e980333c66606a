"""Verdicts: the rules one by one, against numbers worked out apart, and what must hold for all."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixsuite.stats.paired import ratio_interval, sign_flip
from mixsuite.stats.verdicts import Paired, judge, pair


def verdict(d, margin=0.01, others=(), complete=True, fresh=None):
    """The verdict of the first of a family."""
    family = {i: Paired(np.array(x, dtype=float), complete or i > 0, margin, fresh) for i, x in enumerate([d, *others])}
    return judge(family)[0]


UP = [0.03, 0.05, 0.04, 0.06, 0.05, 0.04, 0.03, 0.05]
MIXED = [0.03, -0.05, 0.04, -0.06, 0.05, 0.04, -0.03, -0.05]
SMALL = [0.003, -0.005, 0.004, -0.006, 0.005, 0.004, -0.003, -0.005]


def test_the_four_words():
    assert verdict(UP).word == "worse"
    assert verdict([-v for v in UP]).word == "better"
    assert verdict(SMALL).word == "tie"
    assert verdict(MIXED).word == "undecided"


def test_where_higher_is_better_the_words_change_sides():
    for d in (UP, MIXED, SMALL):
        there = judge({0: Paired(np.array(d), True, 0.01)})[0]
        here = judge({0: Paired(-np.array(d), True, 0.01, better="higher")})[0]
        assert (here.word, here.p_holm, here.diff, here.low) == (there.word, there.p_holm, -there.diff, -there.high)


def test_a_sure_difference_within_the_margin_is_no_tie():
    sure = verdict([0.002, 0.003, 0.002, 0.003, 0.002, 0.003, 0.002, 0.003])
    assert (sure.word, sure.within) == ("worse", True)
    assert (verdict(UP).word, verdict(UP).within) == ("worse", False)
    assert (verdict(SMALL).within, verdict(MIXED).within, verdict(UP[:1]).within) == (True, False, None)


def test_the_margin_looks_at_the_ninety_percent_interval():
    d = np.array(SMALL)
    low, high = stats.ttest_1samp(d, 0).confidence_interval(0.90)
    edge = max(-low, high)
    assert verdict(d, margin=edge * 1.001).word == "tie"
    assert verdict(d, margin=edge * 0.999).word == "undecided"
    shown = stats.ttest_1samp(d, 0).confidence_interval(0.95)  # while the interval shown is the 95 % one
    assert (verdict(d).low, verdict(d).high) == pytest.approx((shown.low, shown.high))


def test_a_point_at_the_margin_is_within_it():
    assert verdict([31 / 100 - 30 / 100] * 8).within


def test_identical_runs_tie_and_a_constant_difference_is_a_point():
    same = verdict([0.0] * 8)
    assert (same.word, same.p, same.diff, same.low, same.high) == ("tie", 1.0, 0.0, 0.0, 0.0)
    assert math.isnan(same.least_effect)
    shifted = verdict([-0.1] * 8)
    assert (shifted.word, shifted.p) == ("better", 2 / 2**8)
    assert (shifted.low, shifted.high) == pytest.approx((-0.1, -0.1))
    assert math.isnan(shifted.least_effect)


def test_too_few_seeds_for_so_many_methods_is_no_verdict_at_all():
    assert verdict(UP[:5]).word == "undecided (needs 6 seeds)"
    assert verdict([0.0] * 5).word == "undecided (needs 6 seeds)"
    assert verdict(UP, others=[UP] * 6).word == "undecided (needs 9 seeds)"
    assert math.isnan(verdict(UP, others=[UP] * 6).least_effect)
    alone = verdict([0.1])
    assert alone.word == "undecided (needs 6 seeds)"
    assert (alone.pairs, alone.diff) == (1, 0.1)
    assert math.isnan(alone.p)
    assert math.isnan(alone.low)


def test_the_family_is_those_with_two_pairs_or_more():
    eight = verdict(UP, others=[UP] * 2 + [[0.1], []])
    assert eight.p == 2 / 2**8
    assert eight.p_holm == pytest.approx(3 * 2 / 2**8)


def test_an_incomplete_comparison_has_a_p_and_nothing_else():
    part = verdict(UP, complete=False)
    assert part.word == "undecided"
    assert part.p == 2 / 2**8
    assert all(math.isnan(v) for v in (part.diff, part.low, part.high, part.least_effect))
    assert verdict([], complete=False).word == "undecided"


def test_the_interval_for_new_rows_only_where_it_is_allowed():
    assert math.isnan(verdict(UP).low_new)
    wide = verdict(UP, fresh=3 / 7)
    assert wide.low_new < wide.low < wide.high < wide.high_new


def test_pairs_are_the_seeds_that_both_have():
    mine, theirs = {0: 0.3, 1: 0.5, 3: 0.2, 2: 0.1 + 0.2}, {3: 0.1, 0: 0.1, 2: 0.3, 9: 0.7}
    assert pair(mine, theirs) == pytest.approx([0.2, 0.0, 0.1])
    assert pair(mine, theirs)[1] == 0.0  # 0.1 + 0.2 - 0.3 is a rounding error
    assert len(pair(mine, {})) == 0


def test_the_ratio_is_that_of_the_means_with_fiellers_interval():
    mine, theirs = np.array([0.2, 0.25, 0.22, 0.3, 0.21, 0.24]), np.array([0.3, 0.31, 0.28, 0.4, 0.27, 0.3])
    found = judge({0: Paired(mine - theirs, True, 0.01, distances=(mine, theirs))})[0]
    assert found.ratio == pytest.approx(mine.mean() / theirs.mean())
    assert (found.ratio_low, found.ratio_high) == ratio_interval(mine, theirs)
    assert math.isnan(verdict(UP).ratio)
    nothing = judge({0: Paired(mine, True, 0.01, distances=(mine, 0 * mine))})[0]
    assert math.isnan(nothing.ratio)
    assert math.isnan(nothing.ratio_low)


families = st.lists(st.lists(st.integers(-6, 6).map(lambda k: k / 54), min_size=0, max_size=10), min_size=1, max_size=5)


@given(families, st.floats(0, 0.1))
def test_turning_every_difference_round_turns_the_verdicts_round(family, margin):
    turned = {"better": "worse", "worse": "better"}
    one = judge({i: Paired(np.array(d), True, margin) for i, d in enumerate(family)})
    other = judge({i: Paired(-np.array(d), True, margin) for i, d in enumerate(family)})
    for i, v in one.items():
        assert other[i].word == turned.get(v.word, v.word)
        assert other[i].p_holm == pytest.approx(v.p_holm, nan_ok=True)


@given(families, st.floats(0.001, 0.1))
def test_no_word_without_its_reason(family, margin):
    found = judge({i: Paired(np.array(d), True, margin) for i, d in enumerate(family)})
    m = sum(len(d) >= 2 for d in family)
    for i, v in found.items():
        d = np.array(family[i])
        if v.word in ("better", "worse"):
            assert v.p_holm < 0.05
            assert v.p == float(sign_flip(d[None])[0]) <= v.p_holm
            assert (v.word == "better") == (d.mean() < 0)
            assert abs(d.mean()) > 0
        if v.word in ("better", "worse", "tie"):
            assert len(d) >= max(6, math.ceil(math.log2(40 * m)))
        if v.word == "tie":
            assert v.within
            assert v.p_holm >= 0.05
            assert abs(d.mean()) <= margin
