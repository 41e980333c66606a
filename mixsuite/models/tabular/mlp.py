"""A multilayer perceptron for tables. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout


def hidden_layers(sizes: list[int], dropout: float) -> list[nn.Module]:
    """Linear, ReLU and dropout between each two sizes."""
    return [nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)) for a, b in pairwise(sizes)]


@dataclass(frozen=True)
class Mlp(Model):
    """Hidden layers (Linear, ReLU), then one Linear; no norm.

    width: units of a hidden layer.
    depth: number of hidden layers.
    """

    width: PositiveInt = 128
    depth: PositiveInt = 2
    dropout: Dropout = 0.0

    domains = ("tabular",)
    stackable = True

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, Tensor)
        stages = hidden_layers([data.train.x.shape[1], *[self.width] * self.depth], self.dropout)
        sites = {"input": 0, "hidden": 1, "embedding": self.depth}
        return Staged([*stages, nn.Linear(self.width, data.classes)], sites)
