"""Lion: steps along the sign of a momentum (Chen et al. 2023, arXiv:2302.06675, algorithm 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from mixsuite.mixing import require
from mixsuite.training.optimizer import Optimizer, Weights
from mixsuite.training.recipe import Recipe


class LionSteps(torch.optim.Optimizer):
    """w <- w - lr (sign(b1 m + (1 - b1) g) + decay w); m <- b2 m + (1 - b2) g."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                m = self.state[w].setdefault("momentum", torch.zeros_like(w))
                w.mul_(1 - group["lr"] * group["weight_decay"])
                w.sub_(group["lr"] * torch.lerp(w.grad, m, first).sign())
                m.lerp_(w.grad, 1 - second)


@dataclass(frozen=True)
class Lion(Optimizer):
    """Every number moves by lr. The authors' lr is three to ten times smaller than AdamW's, and their decay larger."""

    beta1: float = 0.9
    beta2: float = 0.99

    reference = "Chen et al. 2023, arXiv:2302.06675"

    def __post_init__(self) -> None:
        for name in ("beta1", "beta2"):
            require(0 <= getattr(self, name) < 1, name, getattr(self, name), "0 to below 1")

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        facts = {"lr": recipe.lr, "weight_decay": recipe.weight_decay, "betas": (self.beta1, self.beta2)}
        return LionSteps(weights.values(), facts)
