"""The kit for optimisers: the package's own pass, and planted faults are found, each by its check."""

from dataclasses import dataclass

import pytest
import torch

from mixsuite.plugins.kinds import OPTIMIZER, builtin_files
from mixsuite.plugins.load import load_plugin
from mixsuite.testing import check, problems
from mixsuite.testing.optimizer_kit import check_optimizer
from mixsuite.training.optimizer import Optimizer


@pytest.mark.parametrize(
    "entry", [*(n for n in builtin_files(OPTIMIZER) if n != "torch"), "torch:NAdam", "torch:LBFGS"]
)
@pytest.mark.slow
def test_the_packages_optimisers_pass(entry):
    found = check_optimizer(load_plugin(OPTIMIZER, entry, Optimizer).instance)
    assert [f.status for f in found] == ["ok"] * 5


def optimizer(make, **literals):
    facts = {"build": lambda self, weights, recipe: make(weights, recipe), "__doc__": "An optimiser."}
    return dataclass(frozen=True)(type("Planted", (Optimizer,), facts | literals))()


class Drifts(torch.optim.SGD):
    """Moves whatever the learning rate."""

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for group in self.param_groups:
            for weight in group["params"]:
                weight.add_(1e-4)


class Draws(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for group in self.param_groups:
            for weight in group["params"]:
                weight.add_(group["lr"] * 0.01 * torch.randn_like(weight))


class Forgets(torch.optim.SGD):
    """Averages its steps outside its state."""

    @torch.no_grad()
    def step(self, closure=None):
        self.seen = getattr(self, "seen", 0) + 1
        for group in self.param_groups:
            for weight in group["params"]:
                weight.add_(weight.grad, alpha=-group["lr"] / self.seen)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (optimizer(lambda w, r: torch.optim.SGD(w.values(), lr=r.lr, maximize=True)), "the loss falls"),
        (optimizer(lambda w, r: Drifts(w.values(), lr=r.lr)), "it follows the schedule"),
        (optimizer(lambda w, r: Forgets(w.values(), lr=r.lr)), "it goes on from its state"),
        (optimizer(lambda w, r: Draws(w.values(), lr=r.lr)), "same start, same bytes"),
        (optimizer(lambda w, r: torch.optim.SGD(list(w.values())[:2], lr=r.lr)), "every weight learns"),
        (optimizer(lambda w, r: "sgd"), "steps"),
        (optimizer(lambda w, r: torch.optim.SGD(w.values(), lr=r.lr), closure=True), None),
        (optimizer(lambda w, r: torch.optim.LBFGS(w.values(), lr=r.lr)), "steps"),  # it wants a closure
    ],
)
def test_a_planted_fault_is_found(planted, said):
    found = {f.check for f in problems(check_optimizer(planted))}
    assert said in found if said else not found
    assert {f.check for f in problems(check(planted))} == found
