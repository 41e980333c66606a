"""Optimisers against torch's own, and schedules against their formulas."""

import pytest
import torch

from mixsuite.plugins.validate import check_model
from mixsuite.training.loop import train
from mixsuite.training.optim import Optimizer, learning_rates
from mixsuite.training.recipe import Recipe


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "step(at=[0.5], gamma=0.1)"])
def test_every_optimiser_and_schedule_learns(job, optimizer, schedule):
    fitted = train(job("erm", optimizer=optimizer, schedule=schedule, steps=60, lr=0.05, warmup=0.1))
    assert fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]


def test_learning_rates_are_the_schedules_formulas():
    def rates(schedule, warmup=0.0):
        base = {"model": "mlp", "optimizer": "sgd", "lr": 2.0, "batch": 4, "steps": 4}
        return learning_rates(check_model(Recipe, base | {"schedule": schedule, "warmup": warmup}, "t"), 4)

    assert rates("constant") == [2.0] * 4
    assert rates("linear") == [2.0, 1.5, 1.0, 0.5]
    assert rates("cosine") == pytest.approx([2.0, 1 + 0.5**0.5, 1.0, 1 - 0.5**0.5])
    assert rates("step(at=[0.5, 0.75], gamma=0.1)") == pytest.approx([2.0, 2.0, 0.2, 0.02])
    assert rates("constant", warmup=0.5) == [1.0, 2.0, 2.0, 2.0]


def recipe(**values):
    given = {"model": "mlp", "optimizer": "sgd", "lr": 0.1, "batch": 4, "steps": 10} | values
    return check_model(Recipe, given, "test")


TORCHS = {
    "sgd": lambda w, r: torch.optim.SGD(w, 0.1, r.momentum, nesterov=r.nesterov and r.momentum > 0, weight_decay=r.weight_decay),
    "adam": lambda w, r: torch.optim.Adam(w, 0.1, weight_decay=r.weight_decay),
    "adamw": lambda w, r: torch.optim.AdamW(w, 0.1, weight_decay=r.weight_decay),
}  # fmt: skip


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
    mine, theirs = ([w.clone().requires_grad_() for w in start] for _ in "ab")
    optimizer, twin = Optimizer(made, mine), TORCHS[made.optimizer](theirs, made)
    for step in range(6):
        rate = 0.1 / (step + 1)
        twin.param_groups[0]["lr"] = rate
        for place, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            if place == 2 and step < 3:
                continue
            a.grad = torch.randn(4, 3, generator=draws, dtype=torch.float64)
            b.grad = a.grad.clone()
        optimizer.step(rate)
        twin.step()
        twin.zero_grad()
        assert all(weight.grad is None for weight in mine)
        for a, b in zip(mine, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
    assert not torch.equal(mine[2], start[2])


def test_step_without_parameters_has_its_defaults_and_warmup_multiplies_the_schedule():
    rates = learning_rates(recipe(schedule="step", lr=1.0), 8)
    assert rates == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    warm = learning_rates(recipe(schedule="linear", lr=1.0, warmup=0.5), 4)
    assert warm == pytest.approx([1.0 * 0.5, 0.75, 0.5, 0.25])
