"""A faster part of `make proofs`: false words, coverage and runs saved when stopping. Draws are fixed."""

from math import sqrt

import numpy as np
import pytest
from support.proofs import load_proof

from mixsuite.stats.paired import effect_factor
from mixsuite.stats.sequential import looks_for

TABLES = 600


@pytest.fixture(scope="module")
def proof():
    return load_proof("until_decided")


def error(rate):
    return sqrt(rate * (1 - rate) / TABLES)


LAWS = ["normal", "heavy-tailed (t, 3 degrees)", "skewed (exponential)", "normal, rounded to a third"]


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("m", [1, 3])
def test_at_most_five_in_a_hundred_tables_have_a_false_word(proof, law, m):
    rate = proof.false_rate(proof.differences(law, TABLES, m, 14, 1), looks_for(6, 14, m))
    assert 0 < rate < 0.05 + 2.5 * error(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("most", [12, 23])
def test_given_the_sizes_one_in_twenty_sign_patterns_crosses(proof, most):
    sizes = np.abs(proof.differences("normal", 1, 1, most, 8)[0, 0])
    assert proof.chance_to_cross(sizes, looks_for(6, most, 1), 100_000, 9) == pytest.approx(0.05, abs=0.003)


@pytest.mark.slow
def test_the_fixed_rule_at_every_look_would_be_caught(proof):
    d = proof.differences("normal", TABLES, 1, 14, 1)[:, 0]
    p = np.array([proof.sign_flip(d[:, :n]) for n in (7, 9, 11, 14)])
    assert (p <= 0.05).any(0).mean() > 0.08


@pytest.mark.slow
@pytest.mark.parametrize("side", [1, -1])
def test_at_most_five_in_a_hundred_ties_are_false(proof, side):
    d = proof.differences("normal", TABLES, 1, 14, 2)[:, 0] + side
    assert 0.01 < proof.false_ties(d, looks_for(6, 14, 1), 1.0) < 0.05 + 2.5 * error(0.05)


def test_repeated_intervals_hold_the_mean_at_every_look(proof):
    everywhere, stopped = proof.coverage(proof.differences("normal", TABLES, 1, 14, 3)[:, 0], looks_for(6, 14, 1))
    assert everywhere > 0.95 - 2 * error(0.05)
    assert stopped >= everywhere


@pytest.mark.slow
def test_runs_are_saved_at_equal_power(proof):
    most, power, fixed = proof.most_for(12, 1, 1_000, 4)
    assert 12 <= most <= 15
    assert power >= fixed == pytest.approx(0.8, abs=0.04)
    effect, looks = effect_factor(12, 1), looks_for(6, most, 1)
    large = proof.stops(proof.differences("normal", 200, 1, most, 5) + 2 * effect, looks, effect)
    assert large.runs() < 0.75 * 2 * 12
    none = proof.stops(proof.differences("normal", 200, 3, most, 6), looks, effect)
    assert none.runs() == pytest.approx(np.mean(none.n.sum(1) + none.n.max(1)))
