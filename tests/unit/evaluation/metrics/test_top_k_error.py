"""Top-k error against sorting."""

import pytest
from support.metrics import classes

from mixsuite.evaluation.metrics.top_k_error import TopKError


@pytest.mark.parametrize("k", [1, 2, 5])
def test_it_is_the_share_of_rows_whose_class_comes_later(k):
    p = classes(count=7)
    wrong = 0
    for row, c in zip(p.out.tolist(), p.y, strict=True):
        order = sorted(range(7), key=lambda j, row=row, c=c: (-row[j], j == c))  # at equal outputs the class comes last
        wrong += c not in order[:k]
    assert TopKError(k).score(p) == pytest.approx(wrong / len(p.y))


def test_k_is_below_the_number_of_classes():
    with pytest.raises(ValueError, match="k=3: there are 3 classes"):
        TopKError(3).score(classes())
    with pytest.raises(ValueError, match="k=0"):
        TopKError(0)
