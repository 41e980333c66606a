"""Adam (Kingma and Ba 2015, arXiv:1412.6980)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mixsuite.training.fused import FusedAdam
from mixsuite.training.optimizer import Optimizer, Steps, Weights
from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class Adam(Optimizer):
    """With torch's defaults; weight decay is added to the gradient."""

    stackable = True

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        return torch.optim.Adam(weights.values(), recipe.lr, weight_decay=recipe.weight_decay)

    def steps(self, weights: Weights, recipe: Recipe) -> Steps:
        return FusedAdam(recipe, weights.values(), decoupled=False)
