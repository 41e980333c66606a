"""The linear schedule."""

from mixsuite.training.schedules.linear import Linear


def test_it_falls_along_a_line():
    assert [Linear().factor(t / 4) for t in range(4)] == [1.0, 0.75, 0.5, 0.25]
