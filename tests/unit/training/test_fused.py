"""The fused kernels against torch's own optimisers."""

import pytest
import torch

from mixsuite.plugins.kinds import OPTIMIZER
from mixsuite.plugins.load import load_plugin
from mixsuite.plugins.validate import check_model
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.recipe import Recipe


def recipe(**values):
    given = {"model": "mlp", "optimizer": "sgd", "lr": 0.1, "batch": 4, "steps": 10} | values
    return check_model(Recipe, given, "test")


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "weight_decay": 0.1, "nesterov": False},
        {"optimizer": "sgd", "momentum": 0.0},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "adamw"},
    ],
)
def test_every_step_is_torchs_also_of_a_parameter_that_has_no_gradient_yet(values):
    made, draws = recipe(**values), torch.Generator().manual_seed(0)
    start = [torch.randn(4, 3, generator=draws, dtype=torch.float64) for _ in range(3)]
    mine, theirs = ({str(i): torch.nn.Parameter(w.clone()) for i, w in enumerate(start)} for _ in "ab")
    plugin = load_plugin(OPTIMIZER, made.optimizer, Optimizer).instance
    fused, twin = plugin.steps(mine, made), plugin.build(theirs, made)
    for step in range(6):
        rate = 0.1 / (step + 1)
        twin.param_groups[0]["lr"] = rate
        for place, (a, b) in enumerate(zip(mine.values(), theirs.values(), strict=True)):
            if place == 2 and step < 3:
                continue
            a.grad = torch.randn(4, 3, generator=draws, dtype=torch.float64)
            b.grad = a.grad.clone()
        assert fused.step(rate, lambda step=step: torch.tensor(float(step))) == step
        twin.step()
        twin.zero_grad()
        assert all(weight.grad is None for weight in mine.values())
        for a, b in zip(mine.values(), theirs.values(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
    assert not torch.equal(mine["2"], start[2])
