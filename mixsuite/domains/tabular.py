"""Tables: standardised numbers and one-hot categories [N, columns], and an MLP. Sites: input, hidden, embedding."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Raw, Staged


def mlp(data: Data, *, dropout: float, width: PositiveInt = 128, depth: PositiveInt = 2) -> Staged:
    """``depth`` hidden layers Linear + ReLU of ``width`` units, then one Linear; no norm."""
    assert isinstance(data.train.x, Tensor)
    sizes = [data.train.x.shape[1], *[width] * depth]
    stages: list[nn.Module] = [
        nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)) for a, b in pairwise(sizes)
    ]
    return Staged([*stages, nn.Linear(width, data.classes)], {"input": 0, "hidden": 1, "embedding": depth})


class Tabular(Domain):
    """Rows of a table. Numbers: missing -> the training median, then standardised. Categories (columns of
    a text or category type): one-hot over the training part's values, all zero for a value not seen there."""

    step_seconds = 6e-4

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"mlp": mlp}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x, a pandas frame of n rows -> [n, columns] float32."""
        import pandas as pd
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        frame: pd.DataFrame = raw.x.iloc[rows]
        blocks: list[np.ndarray] = []
        groups: list[int] = []
        numbers: list[bool] = []
        for number, name in enumerate(frame.columns):
            column, is_number = frame[[name]], pd.api.types.is_numeric_dtype(frame[name])
            if is_number:
                scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
                block = scale.fit(column.iloc[train]).transform(column)
            else:
                text = column.astype(object).where(column.notna(), "(missing)").astype(str)
                hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
                block = hot.fit(text.iloc[train]).transform(text)
            blocks.append(np.asarray(block, dtype=np.float32))
            groups += [number] * blocks[-1].shape[1]
            numbers += [is_number] * blocks[-1].shape[1]
        return Encoded(torch.from_numpy(np.concatenate(blocks, axis=1)), tuple(groups), tuple(numbers))
