"""Spearman's correlation against Pearson's of ranks."""

import numpy as np
import pytest
from support.metrics import values

from mixsuite.evaluation import Predictions
from mixsuite.evaluation.metrics.spearman import Spearman


def ranks(numbers):
    """Mean places of equal numbers, by counting."""
    return np.array([sum(o < v for o in numbers) + (sum(o == v for o in numbers) - 1) / 2 for v in numbers])


@pytest.mark.parametrize("targets", [None, 1, 3])
def test_it_is_the_correlation_of_ranks_meant_over_targets(targets):
    p = values(targets=targets)
    out, y = (a.reshape(len(a), -1) for a in (p.out, p.y))
    wanted = [np.corrcoef(ranks(out[:, t]), ranks(y[:, t]))[0, 1] for t in range(y.shape[1])]
    assert Spearman().score(p) == pytest.approx(np.mean(wanted))


def test_equal_outputs_have_no_ranks():
    p = values()
    with pytest.raises(ValueError, match="all outputs are equal"):
        Spearman().score(Predictions(np.zeros_like(p.out), p.y, "regression"))
    with pytest.raises(ValueError, match="all targets are equal"):
        Spearman().score(Predictions(p.out, np.zeros_like(p.y), "regression"))
