"""Data sets as values: as they were read, and as split, encoded and moved to the device."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.digest import digest
from mixsuite.data.state import State
from mixsuite.data.streamed import Streamed

SHOWN = 512  # rows that are shown where not all are in memory


@dataclass(frozen=True, eq=False)
class Raw:
    """A dataset as it was read: every row, in the files' own order.

    x:      rows in the domain's raw form: images, uint8 or float [n, H, W(, C)]; tables, a pandas frame;
            speech, n arrays [C, T] (cepstra, or waves with C = 1); graphs, n pairs (features [V, F], edges [2, E]).
            Or a RowReader, which reads each row as it is needed, as a tensor.
    y:      [n] class numbers, [n, C] soft or multi-label targets, or [n] or [n, K] numbers to predict.
    split_id: [n] 0 train, 1 validation, 2 test, where there is an official split; else None.
    weight: [n] weight of each row in the loss, or None.
    rate:   samples per second, where x are waves; else None.
    """

    x: Any
    y: np.ndarray
    split_id: np.ndarray | None = None
    weight: np.ndarray | None = None
    rate: int | None = None

    @cached_property
    def digest(self) -> str:
        """The digest of everything that was read, in 16 hex digits."""
        return digest(self.x, self.y, self.split_id, self.weight, self.rate)

    def take(self, rows: np.ndarray) -> Raw:
        """Select rows by number. rows: [k] int64."""
        x = self.x.iloc[rows] if hasattr(self.x, "iloc") else self.x[rows]
        split_id, weight = (None if v is None else v[rows] for v in (self.split_id, self.weight))
        return Raw(x, self.y[rows], split_id, weight, self.rate)


@dataclass(frozen=True)
class Subset:
    """Rows of one split on the device. x: [n, ...] state; y: [n, ...] targets; weight: [n] or None."""

    x: State
    y: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Data:
    """A dataset, split, encoded and on the device.

    groups:  source column of each encoded column (tables), else ().
    numbers: whether each encoded column is a number; otherwise it is one value of a category.
    rate:    samples per second, if x are waves.
    target_mean, target_std: [K] mean and standard deviation of the training part's regression targets; a prediction in
             the target's units is out * target_std + target_mean.
    split:   "official" if the data set says which rows are the test part, "drawn" if the seed does.
    clean_labels: [n] the training classes before label noise, equal to train.y if there is none; None if targets are
             not class numbers.
    digests: "data" (as it was read) and "split" (row numbers and labels as trained).
    """

    train: Subset
    valid: Subset
    test: Subset
    kind: str
    classes: int
    groups: tuple[int, ...] = ()
    numbers: tuple[bool, ...] = ()
    rate: int | None = None
    target_mean: Tensor | None = None
    target_std: Tensor | None = None
    split: str = "drawn"
    clean_labels: Tensor | None = None
    digests: dict[str, str] = field(default_factory=dict)

    def shown(self) -> Data:
        """What a model is built from, and an augmentation prepared by: SHOWN training rows, evenly spread, in memory.

        It is all of the data where they are in memory.
        """
        x = self.train.x
        if not isinstance(x, Streamed):
            return self
        rows = torch.from_numpy(x.spread(SHOWN)).to(self.train.y.device)
        weight = None if self.train.weight is None else self.train.weight[rows]
        return replace(self, train=Subset(x.take(rows), self.train.y[rows], weight))

    def unscaled(self, values: Tensor) -> Tensor:
        """Convert regression outputs or targets [n, K] to the target's units."""
        assert self.target_std is not None and self.target_mean is not None
        return values * self.target_std + self.target_mean
