"""The optimiser of a recipe, and its learning rate at every step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from mixsuite.plugins.entry import parse_call
from mixsuite.training.recipe import Recipe


class Optimizer:
    """The recipe's optimiser: torch's fused kernels, called as the functions behind ``torch.optim``.

    An object of torch.optim imports the compiler when it is made, which takes a second per process. For a small model
    it also costs more time per step than the kernel does. Weight decay applies to every parameter alike. A parameter
    without a gradient stays as it is.
    """

    def __init__(self, recipe: Recipe, weights: Iterable[Tensor]) -> None:
        self.recipe, self.weights = recipe, list(weights)
        self._momentum: list[Tensor | None] = [None] * len(self.weights)
        if recipe.optimizer != "sgd":
            self._mean = [torch.zeros_like(w) for w in self.weights]
            self._square = [torch.zeros_like(w) for w in self.weights]
            self._steps = [torch.zeros((), device=w.device) for w in self.weights]

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Take one step at a learning rate along the gradients, and then drop them."""
        moved = [i for i, w in enumerate(self.weights) if w.grad is not None]
        if moved:
            (self._sgd if self.recipe.optimizer == "sgd" else self._adam)(moved, lr)
        for i in moved:
            self.weights[i].grad = None

    def _sgd(self, moved: list[int], lr: float) -> None:
        buffers, momentum = _some(self._momentum, moved), self.recipe.momentum
        if any(buffer is not None for buffer in buffers):  # the kernel takes either all buffers or none
            buffers = [
                torch.zeros_like(self.weights[i]) if b is None else b for i, b in zip(moved, buffers, strict=True)
            ]
        sgd(
            _some(self.weights, moved),
            _gradients(self.weights, moved),
            buffers,
            fused=True,
            lr=lr,
            momentum=momentum,
            nesterov=self.recipe.nesterov and momentum > 0,
            weight_decay=self.recipe.weight_decay,
            dampening=0.0,
            maximize=False,
        )
        for i, buffer in zip(moved, buffers, strict=True):
            self._momentum[i] = buffer

    def _adam(self, moved: list[int], lr: float) -> None:
        adam(
            _some(self.weights, moved),
            _gradients(self.weights, moved),
            _some(self._mean, moved),
            _some(self._square, moved),
            [],
            _some(self._steps, moved),
            fused=True,
            decoupled_weight_decay=self.recipe.optimizer == "adamw",
            lr=lr,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=self.recipe.weight_decay,
            amsgrad=False,
            maximize=False,
        )


def _gradients(weights: list[Tensor], places: list[int]) -> list[Any]:
    return [weights[i].grad for i in places]


def _some(values: list[Any], places: list[int]) -> list[Any]:
    return [values[i] for i in places]


def learning_rates(recipe: Recipe, steps: int) -> list[float]:
    """The learning rate of each of ``steps`` steps. Linear and cosine would reach 0 at the step after the last."""
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
