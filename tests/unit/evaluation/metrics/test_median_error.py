"""The median error against sorting."""

import pytest
from support.metrics import values

from mixsuite.evaluation.metrics.median_error import MedianError


@pytest.mark.parametrize("rows", [30, 31])
def test_it_is_the_middle_error(rows):
    p = values(rows)
    faults = sorted(abs(o - t) for o, t in zip(p.out, p.y, strict=True))
    assert MedianError().score(p) == pytest.approx((faults[(rows - 1) // 2] + faults[rows // 2]) / 2)


def test_of_several_targets_it_is_their_mean():
    p = values(targets=2)
    alone = [MedianError().score(type(p)(p.out[:, t], p.y[:, t], "regression")) for t in range(2)]
    assert MedianError().score(p) == pytest.approx(sum(alone) / 2)
