"""A multilayer perceptron behind learned embeddings of a table's columns. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.stack import Stacked, twin_of
from mixsuite.models.tabular.mlp import hidden_layers


class EmbeddedColumns(nn.Module):
    """A learned vector for each source column: a category has one per value, a number x has relu(x w + b).

    This is "LR" of Gorishniy, Rubachev and Babenko 2022, arXiv:2203.05556. Without the ReLU, mixing before and behind
    the embedding would be the same.
    """

    belongs: Tensor
    number: Tensor

    def __init__(self, groups: tuple[int, ...], numbers: tuple[bool, ...], size: int) -> None:
        super().__init__()
        column = torch.tensor(groups)
        self.register_buffer("belongs", nn.functional.one_hot(column).float()[:, :, None], persistent=False)
        number = torch.zeros(self.belongs.shape[1], dtype=torch.bool).index_fill_(0, column[list(numbers)], True)
        self.register_buffer("number", number[:, None], persistent=False)
        self.weight = nn.Parameter(torch.randn(len(groups), 1, size))
        self.bias = nn.Parameter(torch.randn(len(number), size) * number[:, None])

    def forward(self, x: Tensor) -> Tensor:
        """[N, encoded columns] -> [N, source columns, size]."""
        x = x.reshape(*self.weight.shape[:-3], -1, x.shape[-1])  # in the twin for several runs: [S, N, encoded columns]
        table = (self.belongs * self.weight).flatten(-2)  # [..., encoded columns, source columns * size]
        h = (x @ table).unflatten(-1, self.bias.shape[-2:]) + self.bias.unsqueeze(-3)
        return torch.where(self.number.unsqueeze(-3), h.relu(), h).reshape(-1, *self.bias.shape[-2:])


@twin_of(EmbeddedColumns)
class StackedEmbeddedColumns(Stacked):
    """EmbeddedColumns' twin for several runs: [S * N, encoded columns] -> [S * N, source columns, size]."""

    forward = EmbeddedColumns.forward


@dataclass(frozen=True)
class Embedded(Model):
    """Each column embedded, then as ``mlp``. The site ``hidden`` is behind the embedding.

    size:  numbers for each column.
    width: units of a hidden layer.
    depth: number of hidden layers.
    """

    size: PositiveInt = 8
    width: PositiveInt = 128
    depth: PositiveInt = 2
    dropout: Dropout = 0.0

    domains = ("tabular",)
    stackable = True
    reference = "Gorishniy, Rubachev and Babenko 2022, arXiv:2203.05556"

    def build(self, data: Data) -> Staged:
        columns = EmbeddedColumns(data.groups, data.numbers, self.size)
        stages = hidden_layers([columns.bias.numel(), *[self.width] * self.depth], self.dropout)
        flat = nn.Sequential(nn.Flatten(), stages[0])
        sites = {"input": 0, "hidden": 1, "embedding": self.depth + 1}
        return Staged([columns, flat, *stages[1:], nn.Linear(self.width, data.classes)], sites)
