"""The gate's statistics: against full enumeration, a simulation of false alarms, and an improvement."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from mixsuite.regression.gate import ALPHA, Gated, decide, needed_seeds


def one_sided(d):
    """The share of all sign patterns whose sum reaches the observed one, by enumeration."""
    sums = [
        math.fsum(s * v for s, v in zip(signs, d, strict=True)) for signs in itertools.product((1, -1), repeat=len(d))
    ]
    return sum(s >= math.fsum(d) - 1e-12 for s in sums) / len(sums)


def gated(differences, margin=0.01, better="lower"):
    return {key: Gated(d, margin, better) for key, d in differences.items()}


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=7), st.integers(0, 3))
def test_p_equals_enumeration_and_holm_statsmodels(numbers, unchanged):
    d = np.array(numbers) / 100
    other = np.abs(d) + 0.001
    found = decide(gated({"d": d, "o": other}, 0.0), 2 + unchanged)
    side = d if d.mean() > 0 else -d
    worse = [one_sided(d) if d.mean() > 0 else 1.0, one_sided(other), *[1.0] * unchanged]
    better = [one_sided(-d) if d.mean() < 0 else 1.0, 1.0, *[1.0] * unchanged]
    wanted = multipletests(worse if d.mean() > 0 else better, method="holm")[1][0]
    assert found["d"].p == pytest.approx(wanted if side.mean() > 0 else 1.0)
    assert found["o"].p == pytest.approx(multipletests(worse, method="holm")[1][1])


def test_the_seeds_that_are_needed_are_those_at_which_one_cell_can_be_found():
    for cells in (1, 2, 37, 40, 41, 142):
        n = needed_seeds(cells)
        d = {i: np.full(n, 0.2) + 0.001 * np.arange(n) if i == 0 else np.zeros(n) for i in range(cells)}
        words = decide(gated(d), cells)
        assert words[0].word == "worse"
        fewer = decide(gated({k: v[:-1] for k, v in d.items()}), cells)
        assert fewer[0].word == "undecided"
    assert needed_seeds(40) == 12


def test_the_words_are_tested_in_their_order():
    n = 12
    spread = 0.001 * (np.arange(n) - (n - 1) / 2)
    words = {
        "within": np.full(n, 0.005) + spread,  # significant, and of no consequence
        "worse": np.full(n, 0.02) + spread,
        "better": np.full(n, -0.02) + spread,
        "wide": np.where(np.arange(n) % 2, 0.1, -0.08),
        "none": np.zeros(n),
    }
    found = decide(gated(words), len(words))
    assert [found[k].word for k in words] == [
        "equal within margin",
        "worse",
        "better",
        "undecided",
        "equal within margin",
    ]


def test_of_a_metric_that_is_better_higher_a_fall_is_worse():
    d = {"fell": np.full(12, -0.2) - 0.001 * np.arange(12), "rose": np.full(12, 0.2) + 0.001 * np.arange(12)}
    lower, higher = decide(gated(d), 2), decide(gated(d, better="higher"), 2)
    assert [lower[k].word for k in d] == ["better", "worse"]
    assert [higher[k].word for k in d] == ["worse", "better"]
    for key, other in (("fell", "rose"), ("rose", "fell")):
        assert higher[key].diff == lower[key].diff == pytest.approx(-lower[other].diff)
        assert (higher[key].low, higher[key].high) == (lower[key].low, lower[key].high)
        assert higher[key].p == lower[other].p


def rerun(draws, cells, n, test, rates):
    """Differences of a re-run in which nothing changed but the draws: counts of errors on the same rows' number."""
    hard = rates[:, None] * np.exp(0.3 * draws.normal(size=(cells, n)))  # seeds differ in difficulty
    then, now = (draws.binomial(test, np.minimum(hard, 0.9)) / test for _ in range(2))
    return now - then


@pytest.mark.long
def test_false_alarms_are_rarer_than_two_in_a_hundred():
    """2,000 simulated re-runs of 20 cells x 12 seeds: the upper 95 % bound of the share with any alarm is at most 2 %."""
    draws, cells, n, runs = np.random.default_rng(0), 20, 12, 2000
    rates = np.geomspace(0.02, 0.4, cells)
    alarms = 0
    for _ in range(runs):
        d = rerun(draws, cells, n, 100, rates)
        # A cell can be worse only where all its signs agree but a few: the others need no test.
        chosen = {i: row for i, row in enumerate(d) if np.sum(row > 0) >= 8 and row.mean() > 0}
        words = decide(gated(chosen), cells)
        alarms += any(found.word == "worse" for found in words.values())
    bound = binomtest(alarms, runs).proportion_ci(0.95).high
    assert bound <= 0.02, (alarms, bound)
    assert ALPHA == 0.01


def test_a_planted_loss_is_found():
    draws, cells, n = np.random.default_rng(1), 20, 12
    d = rerun(draws, cells, n, 1000, np.full(cells, 0.1))
    d[3] += 0.05
    words = decide(gated(dict(enumerate(d))), cells)
    assert [k for k, found in words.items() if found.word == "worse"] == [3]
