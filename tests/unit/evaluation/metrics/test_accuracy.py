"""Accuracy against counting."""

import pytest
from support.metrics import classes, labels

from mixsuite.evaluation.metrics.accuracy import Accuracy


def test_it_is_the_share_of_right_rows_and_of_right_labels():
    p, q = classes(), labels()
    right = [max(range(3), key=lambda k, row=row: row[k]) == c for row, c in zip(p.out.tolist(), p.y, strict=True)]
    assert Accuracy().score(p) == pytest.approx(sum(right) / len(right))
    flat = [(o > 0) == (t > 0) for row, truth in zip(q.out, q.y, strict=True) for o, t in zip(row, truth, strict=True)]
    assert Accuracy().score(q) == pytest.approx(sum(flat) / len(flat))
