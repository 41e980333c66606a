"""The constant schedule."""

from mixsuite.training.schedules.constant import Constant


def test_it_is_one():
    assert [Constant().factor(t / 4) for t in range(4)] == [1.0] * 4
