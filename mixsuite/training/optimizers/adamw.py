"""AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mixsuite.training.fused import FusedAdam
from mixsuite.training.optimizer import Optimizer, Steps, Weights
from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class Adamw(Optimizer):
    """With torch's other defaults; weight decay shrinks the weights themselves."""

    stackable = True

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        return torch.optim.AdamW(weights.values(), recipe.lr, weight_decay=recipe.weight_decay)

    def steps(self, weights: Weights, recipe: Recipe) -> Steps:
        return FusedAdam(recipe, weights.values(), decoupled=True)
