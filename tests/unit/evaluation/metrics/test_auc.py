"""AUC against the count of pairs."""

import numpy as np
import pytest
from support.metrics import classes, labels, one_against_rest

from mixsuite.evaluation import Predictions
from mixsuite.evaluation.metrics.auc import Auc


def pairs(truth, scores):
    """The share of pairs of a positive and a negative row that are in order; ties count half."""
    good = [s for s, t in zip(scores, truth, strict=True) if t]
    bad = [s for s, t in zip(scores, truth, strict=True) if not t]
    return sum((g > b) + 0.5 * (g == b) for g in good for b in bad) / (len(good) * len(bad))


@pytest.mark.parametrize("p", [classes(), classes(count=2), classes(count=7), labels()])
def test_it_is_the_share_of_pairs_in_order_meant_over_classes(p):
    areas = [pairs(*one) for one in one_against_rest(p)]
    assert Auc().score(p) == pytest.approx(sum(areas) / len(areas))


def test_of_two_classes_it_is_the_one_area_of_the_difference_of_logits():
    p = classes(count=2)
    assert Auc().score(p) == pytest.approx(pairs(p.y, p.out[:, 1] - p.out[:, 0]))


def test_rows_stay_in_order_where_probabilities_round_to_one():
    out = np.array([[0.0, 20 + k] for k in range(5)])
    assert Auc().score(Predictions(out, np.array([0, 0, 0, 1, 1]), "class")) == 1.0


def test_a_class_without_rows_counts_in_no_mean_and_one_class_alone_has_none():
    p = classes(count=3)
    rest = p.y < 2
    q = Predictions(p.out[rest], p.y[rest], "class")
    areas = [pairs(*one) for one in list(one_against_rest(q))[:2]]
    assert Auc().score(q) == pytest.approx(sum(areas) / 2)
    one = Predictions(p.out[p.y == 1], p.y[p.y == 1], "class")
    with pytest.raises(ValueError, match=r"^all \d+ test rows are of one class$"):
        Auc().score(one)
