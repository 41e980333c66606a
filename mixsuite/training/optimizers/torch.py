"""Any optimiser of torch.optim, by its name there."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import torch

from mixsuite.errors import unknown
from mixsuite.models.adapted import keywords
from mixsuite.plugins.entry import Params
from mixsuite.training.optimizer import Optimizer, Weights
from mixsuite.training.recipe import Recipe


def names() -> list[str]:
    """The optimisers that this torch has."""
    found = vars(torch.optim).items()
    return sorted(
        k for k, v in found if isinstance(v, type) and issubclass(v, torch.optim.Optimizer) and k != "Optimizer"
    )


@dataclass(frozen=True)
class Torch(Optimizer):
    """``torch:NAdam(betas=[0.9, 0.99])``: lr and weight decay are the recipe's, other parameters as torch has them.

    name:   as torch.optim has it.
    others: further parameters of it.
    """

    name: str
    others: Params = ()

    arguments = ("name",)
    takes_others = True
    reference = "torch.optim"

    def __post_init__(self) -> None:
        if self.name not in names():
            raise unknown("optimiser of torch", self.name, names())
        taken = inspect.signature(getattr(torch.optim, self.name)).parameters
        for key, _ in self.others:
            if key not in taken or key in ("params", "lr", "weight_decay"):
                allowed = [k for k in taken if k not in ("self", "params", "lr", "weight_decay")]
                raise unknown(f"parameter of torch:{self.name}", key, allowed)

    @property
    def closure(self) -> bool:  # type: ignore[override]
        """Whether it wants gradients again within a step."""
        return self.name == "LBFGS"

    def build(self, weights: Weights, recipe: Recipe) -> torch.optim.Optimizer:
        made = getattr(torch.optim, self.name)
        given = keywords(self.others)
        if "weight_decay" in inspect.signature(made).parameters:
            given["weight_decay"] = recipe.weight_decay
        optimizer: torch.optim.Optimizer = made(weights.values(), lr=recipe.lr, **given)
        return optimizer
