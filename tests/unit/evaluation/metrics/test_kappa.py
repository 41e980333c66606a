"""Cohen's kappa against its formula."""

import pytest
from support.metrics import classes

from mixsuite.evaluation.metrics.kappa import Kappa

WEIGHTS = {
    "none": lambda a, b: float(a != b),
    "linear": lambda a, b: abs(a - b),
    "quadratic": lambda a, b: (a - b) ** 2,
}


@pytest.mark.parametrize("weights", WEIGHTS)
def test_it_is_one_minus_disagreement_over_that_of_chance(weights):
    p, cost = classes(count=4), WEIGHTS[weights]
    predicted, n = p.out.argmax(1), len(p.y)
    seen = sum(cost(a, b) for a, b in zip(p.y, predicted, strict=True)) / n
    chance = sum(cost(a, b) for a in p.y for b in predicted) / n**2
    assert Kappa(weights).score(p) == pytest.approx(1 - seen / chance)


def test_other_weights_are_refused():
    with pytest.raises(ValueError, match="weights='cubic'"):
        Kappa("cubic")
