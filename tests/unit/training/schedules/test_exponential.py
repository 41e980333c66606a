"""The exponential schedule."""

import itertools

import pytest

from mixsuite.training.schedules.exponential import Exponential


def test_every_step_falls_by_the_same_factor():
    factors = [Exponential(end=0.01).factor(t / 10) for t in range(10)]
    assert factors[0] == 1
    assert [b / a for a, b in itertools.pairwise(factors)] == pytest.approx([0.01**0.1] * 9)
    assert Exponential(end=0.01).factor(1.0) == pytest.approx(0.01)
    with pytest.raises(ValueError, match="end=0"):
        Exponential(end=0)
