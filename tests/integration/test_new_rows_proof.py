"""A faster part of `make proofs`: coverage of the interval for new rows. Draws are fixed."""

import numpy as np
import pytest
from support.proofs import load_proof

from mixsuite.stats.two_way import mean_squares


@pytest.fixture(scope="module")
def proof():
    return load_proof("new_rows")


def test_ninety_three_to_ninety_seven_in_a_hundred_over_the_whole_grid(proof):
    found = proof.normal_grid(4_000)
    assert len(found) == 3 * 4 * 3 * 3
    assert min(found)[0] > 0.935
    assert max(found)[0] < 0.975
    assert max(wide for _, wide, _ in found) > 0.97  # the floor that was not taken


def test_drawn_mean_squares_are_those_of_drawn_rows(proof):
    _, drawn = proof.drawn_squares(6, 40, 2.0, 0.3, 4_000, proof.stream(1))
    rows = [mean_squares(d) for d in proof.normal_tables(6, 40, 2.0, 0.3, 1_500, proof.stream(2))]
    for name in ("seeds", "rows", "error"):
        one, other = getattr(drawn, name), np.array([getattr(squares, name) for squares in rows])
        assert other.mean() == pytest.approx(one.mean(), rel=0.06)
        assert other.std() == pytest.approx(one.std(), rel=0.12)


def test_bits_are_covered_where_an_interval_over_seeds_alone_is_not(proof):
    held, alone, *_ = proof.bit_cell(10, 300, 10.0, 600, 3)
    assert held > 0.925
    assert alone < 0.88


def test_the_crossed_bootstrap_is_a_slow_one(proof):
    draws = np.random.default_rng(0)
    d = draws.normal(size=(10, 1)) + draws.normal(size=(1, 30)) + draws.normal(size=(10, 30))
    slow = []
    for _ in range(2_000):
        seeds, rows = draws.integers(0, 10, 10), draws.integers(0, 30, 30)
        slow.append(d[np.ix_(seeds, rows)].mean())
    assert proof.crossed_bootstrap(d, draws, 4_000) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.08)
