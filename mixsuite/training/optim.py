"""From a recipe to an optimiser and a learning rate for every step."""

from __future__ import annotations

import math

import torch
from torch import nn

from mixsuite.recipe import Recipe
from mixsuite.spec import parse_call


def make_optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """The recipe's optimiser, fused. Weight decay is applied to every parameter alike."""
    weights, decay = model.parameters(), recipe.weight_decay
    if recipe.optimizer == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return torch.optim.SGD(weights, recipe.lr, recipe.momentum, weight_decay=decay, nesterov=nesterov, fused=True)
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(weights, recipe.lr, weight_decay=decay, fused=True)


def learning_rates(recipe: Recipe, steps: int) -> list[float]:
    """The learning rate of each of so many steps. Linear and cosine would reach 0 at step ``steps``."""
    call = parse_call(recipe.schedule)
    params = dict(call.params)

    def factor(t: float) -> float:  # t in [0, 1)
        if call.name == "linear":
            return 1 - t
        if call.name == "cosine":
            return 0.5 * (1 + math.cos(math.pi * t))
        if call.name == "step":
            gamma = float(params.get("gamma", 0.1))
            return math.prod(gamma for at in params.get("at", (0.5, 0.75)) if t >= at)
        return 1.0

    warm = recipe.warmup * steps
    return [recipe.lr * factor(s / steps) * min(1.0, (s + 1) / warm if warm else 1.0) for s in range(steps)]
