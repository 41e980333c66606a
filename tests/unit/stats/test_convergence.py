"""Convergence of a comparison: the states one by one, against bounds by scipy, and how often they are wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mixsuite.stats.convergence import NO, OPEN, OVERTRAINED, YES, Arm, converged

NOISE = np.random.default_rng(1).normal(0, 0.001, (4, 10))


def arms(mine, theirs, noise=NOISE):
    """Two arms whose means go from mine[0] to mine[1], and likewise."""
    return (Arm(pair[0] + noise[2 * i], pair[1] + noise[2 * i + 1]) for i, pair in enumerate((mine, theirs)))


@pytest.mark.parametrize(
    ("mine", "theirs", "state"),
    [
        ((0.20, 0.20), (0.22, 0.22), YES),
        ((0.20, 0.15), (0.22, 0.22), NO),  # the method still improves
        ((0.20, 0.20), (0.22, 0.19), NO),  # the reference still improves
        ((0.20, 0.15), (0.22, 0.17), NO),  # both improve alike: the difference stands, the training does not
        ((0.20, 0.25), (0.22, 0.22), OVERTRAINED),
        ((0.20, 0.25), (0.22, 0.27), OVERTRAINED),
        ((0.20, 0.15), (0.22, 0.27), NO),  # one overtrains, the other has not ended
        ((0.20, 0.192), (0.22, 0.228), NO),  # neither arm moves by the margin, their difference does
    ],
)
def test_the_states(mine, theirs, state):
    assert converged(*arms(mine, theirs), margin=0.01) == state


def test_wide_intervals_decide_nothing():
    assert converged(*arms((0.2, 0.2), (0.2, 0.2), NOISE * 50), margin=0.01) == OPEN
    assert converged(Arm(np.array([0.2]), np.array([0.2])), Arm(np.array([0.2]), np.array([0.2])), 0.01) == OPEN


def test_equal_runs_have_converged():
    same = Arm(np.full(5, 0.2), np.full(5, 0.2))
    assert converged(same, same, 0.01) == YES
    assert converged(same, same, 0.0) == YES


values = st.lists(st.integers(0, 12).map(lambda k: k / 54), min_size=3, max_size=3)


@given(values, values, values, values, st.floats(0.001, 0.1))
def test_a_state_has_its_reason(a, b, c, d, margin):
    mine, theirs = Arm(np.array(a), np.array(b)), Arm(np.array(c), np.array(d))
    state = converged(mine, theirs, margin)

    def bounds(x):
        half = stats.t.ppf(0.95, 2) * np.std(x, ddof=1) / np.sqrt(3)
        return np.mean(x) - half, np.mean(x) + half

    gains = [bounds(arm.gain) for arm in (mine, theirs)]
    drift = bounds(mine.gain - theirs.gain)
    tiny = 1e-9
    if state == YES:
        assert max(high for _, high in gains) < margin + tiny
        assert max(map(abs, drift)) <= margin * (1 + 1e-8) + tiny
    if state == NO:
        assert max(low for low, _ in gains) > margin - tiny or max(drift[0], -drift[1]) > margin - tiny
    if state == OVERTRAINED:
        assert min(high for _, high in gains) < -margin + tiny


@given(values, values, values, values)
def test_the_two_arms_are_alike(a, b, c, d):
    mine, theirs = Arm(np.array(a), np.array(b)), Arm(np.array(c), np.array(d))
    assert converged(mine, theirs, 0.01) == converged(theirs, mine, 0.01)


def states(drift, sd, margin, n=10, tables=400):
    """The states of simulated comparisons whose method improves by ``drift`` and whose reference stays."""
    draws = np.random.default_rng(5)
    found = []
    for _ in range(tables):
        noise = draws.normal(0, sd, (4, n))
        found.append(converged(*arms((0.2, 0.2 - drift), (0.2, 0.2), noise), margin))
    return found


def test_a_drift_at_the_margin_is_rarely_called_yes_and_one_of_twice_the_margin_is_seen():
    assert states(0.01, 0.002, 0.01).count(YES) <= 0.08 * 400
    assert states(0.0, 0.002, 0.01).count(YES) >= 0.95 * 400
    assert states(0.02, 0.002, 0.01).count(NO) >= 0.95 * 400
    assert states(0.0, 0.002, 0.01).count(NO) == 0
