"""Sharpness-aware minimisation (Foret, Kleiner, Mobahi and Neyshabur 2021, arXiv:2010.01412, algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from mixsuite.mixing import require
from mixsuite.training.optimizer import Optimizer, Weights
from mixsuite.training.optimizers.sgd import Sgd
from mixsuite.training.recipe import Recipe


class SamSteps(torch.optim.Optimizer):
    """A step of ``base`` along the gradient at w + rho g / |g|, g being the gradient at w."""

    def __init__(self, base: torch.optim.Optimizer, rho: float) -> None:
        self.base, self.rho = base, rho
        super().__init__(base.param_groups, {})
        self.param_groups = base.param_groups

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take the gradients at both places, and step."""
        assert closure is not None
        closure()
        moved = [w for group in self.param_groups for w in group["params"] if w.grad is not None]
        if not moved:
            return
        norm = torch.stack([w.grad.norm() for w in moved]).norm().clamp(min=1e-12)
        here = [w.clone() for w in moved]
        for w in moved:
            w.add_(self.rho * w.grad / norm)
        closure()
        for w, place in zip(moved, here, strict=True):
            w.copy_(place)
        self.base.step()

    def state_dict(self) -> dict[str, Any]:
        """That of ``base``, which alone has one."""
        return self.base.state_dict()

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Give ``base`` its state, whose groups these are."""
        self.base.load_state_dict(state)
        self.param_groups = self.base.param_groups


@dataclass(frozen=True)
class Sam(Optimizer):
    """SGD along the gradient at the worst place near the weights. Two passes a step, on the same rows and plan.

    BatchNorm's running statistics are those of both passes.

    rho: the distance of that place (the paper: 0.05 on CIFAR-10).
    """

    rho: float = 0.05

    closure = True
    passes = "2"
    reference = "Foret et al. 2021, arXiv:2010.01412"

    def __post_init__(self) -> None:
        require(self.rho > 0, "rho", self.rho, "> 0")

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        return SamSteps(Sgd().build(weights, recipe), self.rho)
