"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mixsuite.training.fused import FusedSgd
from mixsuite.training.optimizer import Optimizer, Steps, Weights
from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class Sgd(Optimizer):
    """Momentum, Nesterov and weight decay are the recipe's."""

    stackable = True

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        momentum = recipe.momentum
        return torch.optim.SGD(
            weights.values(), recipe.lr, momentum, nesterov=recipe.nesterov and momentum > 0,
            weight_decay=recipe.weight_decay,
        )  # fmt: skip

    def steps(self, weights: Weights, recipe: Recipe) -> Steps:
        return FusedSgd(recipe, weights.values())
