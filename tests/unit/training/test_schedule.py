"""Learning rates: the schedule's factors, with the recipe's warmup."""

from dataclasses import dataclass

import pytest

from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe
from mixsuite.training.schedule import Schedule, learning_rates
from mixsuite.training.schedules.linear import Linear


def recipe(**values):
    given = {"model": "mlp", "optimizer": "sgd", "lr": 2.0, "batch": 4, "steps": 4} | values
    return check_model(Recipe, given, "test")


def test_warmup_multiplies_the_schedule():
    assert learning_rates(recipe(), Linear(), 4) == [2.0, 1.5, 1.0, 0.5]
    assert learning_rates(recipe(lr=1.0, warmup=0.5), Linear(), 4) == [0.5, 0.75, 0.5, 0.25]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "1", None, True])
def test_a_factor_that_is_no_number_is_refused(value):
    @dataclass(frozen=True)
    class Odd(Schedule):
        def factor(self, t):
            return value if t else 1.0

    with pytest.raises(ValueError, match=r"schedule Odd: factor\(0.25\) must be a number from 0, is "):
        learning_rates(recipe(), Odd(), 4)
