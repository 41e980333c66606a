"""A multilayer perceptron for tables. Sites: input, hidden, embedding."""

from __future__ import annotations

from itertools import pairwise

from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Staged


def _hidden(sizes: list[int], dropout: float) -> list[nn.Module]:
    return [nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)) for a, b in pairwise(sizes)]


def mlp(data: Data, *, dropout: float, width: PositiveInt = 128, depth: PositiveInt = 2) -> Staged:
    """``depth`` hidden layers (Linear, ReLU) of ``width`` units, then one Linear; no norm."""
    assert isinstance(data.train.x, Tensor)
    stages = _hidden([data.train.x.shape[1], *[width] * depth], dropout)
    return Staged([*stages, nn.Linear(width, data.classes)], {"input": 0, "hidden": 1, "embedding": depth})
