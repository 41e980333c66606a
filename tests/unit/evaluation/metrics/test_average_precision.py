"""Average precision against its sum."""

import pytest
from support.metrics import classes, labels, one_against_rest

from mixsuite.evaluation.metrics.average_precision import AveragePrecision


def summed(truth, scores):
    """The sum over thresholds of precision times the rise of recall."""
    total, before = 0.0, 0.0
    for level in sorted(set(scores), reverse=True):
        taken = [t for s, t in zip(scores, truth, strict=True) if s >= level]
        recall = sum(taken) / sum(truth)
        total += (recall - before) * sum(taken) / len(taken)
        before = recall
    return total


@pytest.mark.parametrize("p", [classes(), classes(count=2), labels()])
def test_it_is_the_sum_of_precision_over_rises_of_recall(p):
    wanted = [summed(*one) for one in one_against_rest(p)]
    assert AveragePrecision().score(p) == pytest.approx(sum(wanted) / len(wanted))
