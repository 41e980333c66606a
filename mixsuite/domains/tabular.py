"""Tables: standardised numbers and one-hot categories [N, columns], and MLPs. Sites: input, hidden, embedding."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Raw, Staged
from mixsuite.domains.stack import Stacked, twin_of
from mixsuite.errors import InputError


def _hidden(sizes: list[int], dropout: float) -> list[nn.Module]:
    return [nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)) for a, b in pairwise(sizes)]


def mlp(data: Data, *, dropout: float, width: PositiveInt = 128, depth: PositiveInt = 2) -> Staged:
    """``depth`` hidden layers Linear + ReLU of ``width`` units, then one Linear; no norm."""
    assert isinstance(data.train.x, Tensor)
    stages = _hidden([data.train.x.shape[1], *[width] * depth], dropout)
    return Staged([*stages, nn.Linear(width, data.classes)], {"input": 0, "hidden": 1, "embedding": depth})


class EmbeddedColumns(nn.Module):
    """A learned vector for each source column: of a category its value's, of a number x relu(x w + b)
    (Gorishniy, Rubachev and Babenko 2022, arXiv:2203.05556, "LR"; without the ReLU a share of two rows would
    be the same before and behind it). [N, encoded columns] -> [N, source columns, size]"""

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
        x = x.reshape(*self.weight.shape[:-3], -1, x.shape[-1])  # its twin for several runs: [S, N, encoded columns]
        table = (self.belongs * self.weight).flatten(-2)  # [..., encoded columns, source columns * size]
        h = (x @ table).unflatten(-1, self.bias.shape[-2:]) + self.bias.unsqueeze(-3)
        return torch.where(self.number.unsqueeze(-3), h.relu(), h).reshape(-1, *self.bias.shape[-2:])


@twin_of(EmbeddedColumns)
class StackedEmbeddedColumns(Stacked):
    """Its twin for several runs. [S * N, encoded columns] -> [S * N, source columns, size]"""

    forward = EmbeddedColumns.forward


def embedded(
    data: Data, *, dropout: float, size: PositiveInt = 8, width: PositiveInt = 128, depth: PositiveInt = 2
) -> Staged:
    """Columns embedded in ``size`` numbers each, then as ``mlp``. The site ``hidden`` is behind the embedding."""
    columns = EmbeddedColumns(data.groups, data.numbers, size)
    stages = _hidden([columns.bias.numel(), *[width] * depth], dropout)
    flat = nn.Sequential(nn.Flatten(), stages[0])
    sites = {"input": 0, "hidden": 1, "embedding": depth + 1}
    return Staged([columns, flat, *stages[1:], nn.Linear(width, data.classes)], sites)


class Tabular(Domain):
    """Rows of a table. Numbers: missing -> the training median, then standardised. Categories (columns of
    a text or category type): one-hot over the training part's values, all zero for a value not seen there."""

    step_seconds = 6e-4

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"mlp": mlp, "embedded": embedded}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x, a pandas frame of n rows -> [n, columns] float32."""
        import pandas as pd
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        if not isinstance(raw.x, pd.DataFrame):
            raise InputError(f"a table's x must be a pandas frame, is a {type(raw.x).__name__}")
        frame = raw.x.iloc[rows]
        is_number = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
        blocks: dict[int, np.ndarray] = {}  # by the source column's place
        if places := [place for place, number in enumerate(is_number) if number]:
            values = frame.iloc[:, places].astype(np.float64)
            scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
            scaled = scale.fit(values.iloc[train]).transform(values)
            blocks |= zip(places, np.split(scaled, len(places), axis=1), strict=True)
        if places := [place for place, number in enumerate(is_number) if not number]:
            column = frame.iloc[:, places]
            text = column.astype(object).where(column.notna(), "(missing)").astype(str)
            hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(text.iloc[train])
            ends = np.cumsum([len(values) for values in hot.categories_])[:-1]
            blocks |= zip(places, np.split(hot.transform(text), ends, axis=1), strict=True)
        widths = [(place, blocks[place].shape[1]) for place in range(len(is_number))]
        groups = tuple(place for place, width in widths for _ in range(width))
        x = np.concatenate([blocks[place] for place, _ in widths], axis=1).astype(np.float32)
        return Encoded(torch.from_numpy(x), groups, tuple(is_number[place] for place in groups))
