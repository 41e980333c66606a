"""Sequential verdicts against brute force over all sign patterns, and by simulation."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixsuite.stats import sequential
from mixsuite.stats.paired import needed_seeds, t_interval
from mixsuite.stats.sequential import (
    chance_left,
    first_crossing,
    looks_for,
    repeated_interval,
    sequential_verdict,
    spent,
)

LOOKS = (5, 7, 9)
whole = st.lists(st.integers(-6, 6), min_size=9, max_size=9)  # ties and zeros abound


def slow_crossing(values, looks, level, two_sided):
    """Every pattern of all signs, look by look, in whole numbers."""
    patterns = [
        tuple(s * abs(v) for s, v in zip(signs, values, strict=True))
        for signs in itertools.product((-1, 1), repeat=len(values))
    ]
    reach = abs if two_sided else int
    crossed = set()
    for n in looks:
        alive = [i for i in range(len(patterns)) if i not in crossed]
        sums = {i: reach(sum(patterns[i][:n])) for i in alive}
        may = level * (n / looks[-1]) ** 1.5 * len(patterns)
        edge = min(
            (v for v in set(sums.values()) if len(crossed) + sum(s >= v for s in sums.values()) <= may), default=None
        )
        if edge is not None:
            if reach(sum(values[:n])) >= edge:
                return n
            crossed |= {i for i in alive if sums[i] >= edge}
    return None


@given(whole, st.sampled_from([0.05, 0.2, 0.5]), st.booleans())
def test_crossings_are_those_of_brute_force(values, level, two_sided):
    found = first_crossing(np.array(values) / 54, LOOKS, level, two_sided)
    assert found == slow_crossing(values, LOOKS, level, two_sided)


@settings(max_examples=25)
@given(whole, st.sampled_from([0.05, 0.2]))
def test_over_all_sign_patterns_at_most_the_level_is_rejected(values, level):
    sizes = np.abs(values) / 54
    signs = itertools.product((1,), *[(-1, 1)] * 8)  # the other half mirrors them
    rejected = [first_crossing(np.array(s) * sizes, LOOKS, level) for s in signs]
    for n in LOOKS:
        assert np.mean([r is not None and r <= n for r in rejected]) <= level * spent(n, LOOKS) + 1e-12


def test_one_look_is_the_fixed_test():
    draws = np.random.default_rng(0)
    for _ in range(200):
        d = draws.normal(size=10) + 0.7
        p = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue
        assert (first_crossing(d, (10,), 0.05) == 10) == (p <= 0.05)


def test_drawn_patterns_agree_with_counted_ones(monkeypatch):
    draws = np.random.default_rng(1)
    tables = draws.normal(size=(300, 14)) + 0.5
    counted = [first_crossing(d, (8, 11, 14), 0.05) for d in tables]
    monkeypatch.setattr(sequential, "PATTERNS", 2**11)
    drawn = [first_crossing(d, (8, 11, 14), 0.05) for d in tables]
    assert drawn == [first_crossing(d, (8, 11, 14), 0.05) for d in tables]  # the same in every call
    assert np.mean([a == b for a, b in zip(counted, drawn, strict=True)]) > 0.97


def test_among_drawn_patterns_the_observed_one_counts(monkeypatch):
    monkeypatch.setattr(sequential, "PATTERNS", 2**4)
    largest = np.ones(40)  # no drawn pattern reaches its sum
    assert first_crossing(largest, (40,), 1.5 / 16) == 40
    assert first_crossing(largest, (40,), 0.5 / 16) is None


@given(whole, st.integers(0, 5), st.sampled_from([1, 3]))
def test_what_is_decided_stays_so_with_further_seeds_and_turns_with_the_sign(values, margin, m):
    d, margin = np.array(values) / 10, margin / 10
    so_far = [sequential_verdict(d[:n], LOOKS, margin, m) for n in range(10)]
    for one, other in itertools.pairwise(so_far):
        assert not one.stopped or other == one
    assert so_far[-1].stopped
    turned = sequential_verdict(-d, LOOKS, margin, m, better="higher")
    assert (turned.word, turned.n) == (so_far[-1].word, so_far[-1].n)


def test_words():
    looks = (8, 11, 14)
    noise = np.random.default_rng(2).normal(size=14)
    assert sequential_verdict(0.1 * noise - 1, looks, 0.01, 3).n == 11  # 8 seeds cannot tell among three
    found = sequential_verdict(0.1 * noise - 1, looks, 0.01, 1)
    assert (found.word, found.n, found.stopped) == ("better", 8, True)
    assert sequential_verdict(0.1 * noise - 1, looks, 0.01, 1, better="higher").word == "worse"
    assert sequential_verdict(0.1 * noise, looks, 1.0, 1).word == "tie"
    before = sequential_verdict(noise[:7], looks, 1.0, 1)
    assert (before.word, before.n, before.stopped) == ("undecided", 0, False)
    assert np.isnan([before.low, before.high]).all()
    going = sequential_verdict(noise[:10] + 0.6, looks, 0.5, 1)
    assert (going.word, going.n, going.stopped) == ("undecided", 8, False)
    hopeless = np.tile([1.0, -1.0], 7)
    assert sequential_verdict(hopeless, looks, 0.01, 1).n == 8
    assert sequential_verdict(hopeless, looks, 0.01, 1).stopped
    assert sequential_verdict(hopeless, looks, 0.01, 1, futile=0).n == 14


@pytest.mark.parametrize("looks", [(), (1, 4), (6, 6), (8, 6)])
def test_looks_that_do_not_ascend_are_refused(looks):
    with pytest.raises(ValueError, match="ascending numbers of seeds"):
        sequential_verdict(np.ones(9), looks, 0.1, 1)


def test_default_looks_begin_where_the_test_can_find_something():
    for first, most, m in itertools.product((2, 6, 12), (8, 12, 20, 40), (1, 3, 14)):
        looks = looks_for(first, most, m)
        assert looks[-1] == most
        assert all(a < b for a, b in itertools.pairwise(looks))
        assert all(n >= first for n in looks[:-1])
        assert all(2 / 2**n <= 0.05 / m * (n / most) ** 1.5 for n in looks[:-1])
        if most >= needed_seeds(m):
            assert all(first_crossing(np.ones(n), looks, 0.05 / m) == looks[0] for n in looks)
    assert looks_for(6, 23, 1) == (8, 10, 12, 15, 19, 23)
    assert looks_for(6, 10, 14) == (10,)


def test_a_repeated_interval_has_the_share_of_its_look():
    d = np.random.default_rng(3).normal(size=9)
    assert repeated_interval(d[:5], LOOKS) == t_interval(d[:5], 1 - 0.05 * (5 / 9) ** 1.5)
    assert repeated_interval(d, LOOKS) == pytest.approx(t_interval(d, 1 - 0.05 * (1 - (7 / 9) ** 1.5)))
    levels = [spent(b, LOOKS) - spent(a, LOOKS) for a, b in itertools.pairwise((0, *LOOKS))]
    assert sum(levels) == pytest.approx(1)


@pytest.mark.parametrize(("shift", "margin"), [(0.4, 0.1), (0.0, 0.8), (0.3, 0.6)])
def test_the_chance_left_is_that_of_simulated_ends(shift, margin):
    d = np.random.default_rng(4).normal(size=10)
    d = (d - d.mean()) / d.std(ddof=1) + shift
    ends = d.sum() + np.random.default_rng(5).normal(shift, 1, size=(20_000, 10)).sum(1)
    # The end's deviation is taken as known, as chance_left takes it.
    differs = np.abs(ends) / np.sqrt(20) >= stats.t.ppf(1 - 0.05 / 6, 19)
    equal = np.abs(ends) / 20 + stats.t.ppf(0.95, 19) / np.sqrt(20) <= margin
    assert chance_left(d, 20, margin, 3) == pytest.approx(np.mean(differs) + np.mean(equal), abs=0.015)


def test_all_alike_is_never_given_up():
    assert chance_left(np.full(8, 0.3), 20, 0.1, 3) == 1.0
    assert sequential_verdict(np.zeros(8), (8, 20), 0.1, 1).word == "tie"
