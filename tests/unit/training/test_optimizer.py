"""Optimisers at work: groups follow the schedule, closures give the gradients again, and what is none is refused."""

from dataclasses import dataclass

import pytest
import torch
from support.optimizers import recipe, run, slope_of, start

from mixsuite.training.optimizer import Optimizer, TorchSteps


@dataclass(frozen=True)
class Grouped(Optimizer):
    """Two groups, of which one learns half as fast."""

    def build(self, weights, recipe):
        groups = [{"params": [weights["a"]]}, {"params": [weights["b"]], "lr": recipe.lr / 2}]
        return torch.optim.SGD(groups, lr=recipe.lr)


def test_each_groups_learning_rate_is_scaled_by_the_schedule():
    path, twin = run(Grouped(), recipe()), start()
    differentiate = slope_of(twin)
    for step in range(6):
        differentiate()
        with torch.no_grad():
            twin["a"] -= 0.1 / (step + 1) * twin["a"].grad
            twin["b"] -= 0.05 / (step + 1) * twin["b"].grad
        for name, w in twin.items():
            torch.testing.assert_close(path[step][name], w.detach())


def test_the_objective_is_that_before_the_step_and_gradients_are_dropped():
    weights = start()
    differentiate = slope_of(weights)
    wanted = differentiate()
    steps = Grouped().steps(weights, recipe())
    assert steps.step(0.1, differentiate) == wanted
    assert all(w.grad is None for w in weights.values())


def test_a_closure_is_given_to_one_that_says_so():
    weights = start()
    asked = []

    class Twice(torch.optim.SGD):
        def step(self, closure=None):
            asked.append(float(closure()))
            super().step()
            asked.append(float(closure()))

    steps = TorchSteps(Twice(weights.values(), lr=0.1), 0.1, "Twice", closure=True)
    first = steps.step(0.1, slope_of(weights))
    assert float(first) == asked[0] != asked[1]


@pytest.mark.parametrize(
    ("made", "closure", "said"),
    [
        (lambda w: None, False, "Mine: build\\(\\) must return a torch.optim.Optimizer, returned a NoneType"),
        (lambda w: torch.optim.SGD(w, lr=torch.tensor(0.1)), False, "each group of its optimiser must have a number lr"),
        (lambda w: type("Lazy", (torch.optim.SGD,), {"step": lambda self, closure=None: None})(w, lr=0.1), True,
         "says closure = True, and its step calls none"),
    ],
)  # fmt: skip
def test_what_is_no_optimiser_is_refused(made, closure, said):
    weights = start()
    with pytest.raises(TypeError, match=said):
        TorchSteps(made(list(weights.values())), 0.1, "Mine", closure).step(0.1, slope_of(weights))
