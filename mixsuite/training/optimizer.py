"""The contract of an optimiser: a plugin that makes one for a run's weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from mixsuite.training.recipe import Recipe

Weights = dict[str, torch.nn.Parameter]


class Steps(Protocol):
    """An optimiser at work in one run."""

    def step(self, lr: float, differentiate: Callable[[], Tensor]) -> Tensor:
        """Take one step at a learning rate.

        Args:
            lr: of the schedule.
            differentiate: puts the gradients of the step's objective at the present weights beside them, and returns
                the objective. It may be called again: the rows, the plan and the masks of dropout are the same.

        Returns:
            The objective at the weights before the step.
        """

    def state_dict(self) -> Mapping[str, Any]:
        """Everything that its steps have changed besides the weights, as ``torch.optim`` has it."""

    def load_state_dict(self, state: Mapping[str, Any], /) -> object:
        """Go on from a state."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """An optimiser by name, with its parameters. Write ``build``; what the recipe says, lr among it, is given.

    Class literals:
    closure   whether its ``step`` calls a closure, which gives the gradients again at weights that it has moved.
    stackable whether weights of several seeds may be stacked: each number is updated by its own gradient alone.
    passes    passes a step, as text.
    requires, arguments, takes_others, reference: as for a model.
    """

    closure: ClassVar[bool] = False
    stackable: ClassVar[bool] = False
    passes: ClassVar[str] = "1"
    requires: ClassVar[tuple[str, ...]] = ()
    arguments: ClassVar[tuple[str, ...]] = ()
    takes_others: ClassVar[bool] = False
    reference: ClassVar[str] = ""

    @abstractmethod
    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        """Make the optimiser of one run.

        Args:
            weights: name -> parameter.
            recipe: its lr, weight_decay, momentum and nesterov. The schedule scales each group's lr from this one.
        """

    def steps(self, weights: Weights, recipe: Recipe) -> Steps:
        """The optimiser at work, for the trainer."""
        return TorchSteps(self.build(weights, recipe), recipe.lr, type(self).__name__, self.closure)


class TorchSteps:
    """An optimiser of torch's kind, whose groups' learning rates follow the schedule.

    Raises:
        TypeError: it is none, or has no groups with a learning rate.
    """

    def __init__(self, optimizer: Any, lr: float, name: str, closure: bool) -> None:
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise TypeError(
                f"{name}: build() must return a torch.optim.Optimizer, returned a {type(optimizer).__name__}"
            )
        if not all(isinstance(group.get("lr"), int | float) for group in optimizer.param_groups):
            raise TypeError(f"{name}: each group of its optimiser must have a number lr, which the schedule scales")
        self.optimizer, self.name, self.closure = optimizer, name, closure
        self._shares = [group["lr"] / lr for group in optimizer.param_groups]

    def step(self, lr: float, differentiate: Callable[[], Tensor]) -> Tensor:
        """As ``Steps.step``.

        Raises:
            TypeError: it says closure = True, and calls none.
        """
        for group, share in zip(self.optimizer.param_groups, self._shares, strict=True):
            group["lr"] = lr * share
        if not self.closure:
            objective = differentiate()
            self.optimizer.step()
            self.optimizer.zero_grad()
            return objective
        objectives: list[Tensor] = []

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            with torch.enable_grad():
                objectives.append(differentiate())
            return objectives[-1]

        self.optimizer.step(closure)  # type: ignore[arg-type]
        self.optimizer.zero_grad()
        if not objectives:
            raise TypeError(f"{self.name}: says closure = True, and its step calls none")
        return objectives[0]

    def state_dict(self) -> Mapping[str, Any]:
        """As ``Steps.state_dict``: the optimiser's own."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """As ``Steps.load_state_dict``."""
        self.optimizer.load_state_dict(dict(state))
