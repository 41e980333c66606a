"""torch's fused kernels for SGD and Adam, called as the functions behind ``torch.optim``.

An object of torch.optim imports the compiler when it is made, which takes a second per process. For a small model it
also costs more time per step than the kernel does. Weight decay applies to every parameter alike. A parameter without a
gradient stays as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from mixsuite.training.recipe import Recipe


class FusedSteps(ABC):
    """A kernel at work in one run."""

    def __init__(self, recipe: Recipe, weights: Iterable[Tensor]) -> None:
        self.recipe, self.weights = recipe, list(weights)

    def step(self, lr: float, differentiate: Callable[[], Tensor]) -> Tensor:
        """As ``Steps.step``; the gradients are dropped afterwards."""
        objective = differentiate()
        moved = [i for i, w in enumerate(self.weights) if w.grad is not None]
        if moved:
            with torch.no_grad():
                self.update(moved, lr)
        for i in moved:
            self.weights[i].grad = None
        return objective

    def state_dict(self) -> Mapping[str, Any]:
        """As ``Steps.state_dict``: name -> one value for each weight."""
        return {name: list(values) for name, values in self.moments().items()}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """As ``Steps.load_state_dict``."""
        for name, values in self.moments().items():
            values[:] = state[name]

    @abstractmethod
    def moments(self) -> dict[str, list[Any]]:
        """The lists that its steps change: name -> one value for each weight."""

    @abstractmethod
    def update(self, moved: list[int], lr: float) -> None:
        """Move the weights at these places along their gradients."""


class FusedSgd(FusedSteps):
    """Stochastic gradient descent with momentum."""

    def __init__(self, recipe: Recipe, weights: Iterable[Tensor]) -> None:
        super().__init__(recipe, weights)
        self._momentum: list[Tensor | None] = [None] * len(self.weights)

    def moments(self) -> dict[str, list[Any]]:
        """The momentum."""
        return {"momentum": self._momentum}

    def update(self, moved: list[int], lr: float) -> None:
        """Call torch's kernel."""
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


class FusedAdam(FusedSteps):
    """Adam with torch's defaults. decoupled: weight decay as AdamW has it."""

    def __init__(self, recipe: Recipe, weights: Iterable[Tensor], decoupled: bool) -> None:
        super().__init__(recipe, weights)
        self.decoupled = decoupled
        self._mean = [torch.zeros_like(w) for w in self.weights]
        self._square = [torch.zeros_like(w) for w in self.weights]
        self._steps = [torch.zeros((), device=w.device) for w in self.weights]

    def moments(self) -> dict[str, list[Any]]:
        """Both means, and the number of steps."""
        return {"mean": self._mean, "square": self._square, "steps": self._steps}

    def update(self, moved: list[int], lr: float) -> None:
        """Call torch's kernel."""
        adam(
            _some(self.weights, moved),
            _gradients(self.weights, moved),
            _some(self._mean, moved),
            _some(self._square, moved),
            [],
            _some(self._steps, moved),
            fused=True,
            decoupled_weight_decay=self.decoupled,
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
