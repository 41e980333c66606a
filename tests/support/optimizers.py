"""Optimisers at work on a small problem."""

import torch

from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe


def recipe(**values):
    given = {"model": "mlp", "optimizer": "sgd", "lr": 0.1, "batch": 4, "steps": 10} | values
    return check_model(Recipe, given, "test")


def start(seed=0):
    """Two weights of double precision."""
    g = torch.Generator().manual_seed(seed)
    return {
        k: torch.nn.Parameter(torch.randn(*shape, generator=g, dtype=torch.float64))
        for k, shape in (("a", (3, 2)), ("b", (2,)))
    }


def slope_of(weights):
    """A function that puts the gradients of a curved function beside the weights, and returns its value."""

    def differentiate():
        for w in weights.values():
            w.grad = None
        value = sum(((w - 0.3) ** 4 + w.sin() * 0.5).sum() for w in weights.values())
        value.backward()
        return value.detach()

    return differentiate


def run(plugin, made, steps=6):
    """The weights after each step of falling learning rates."""
    weights = start()
    at_work, differentiate = plugin.steps(weights, made), slope_of(weights)
    path = []
    for step in range(steps):
        at_work.step(made.lr / (step + 1), differentiate)
        path.append({k: w.detach().clone() for k, w in weights.items()})
    return path
