"""The forms of targets: class numbers, and shares of classes."""

from __future__ import annotations

import torch
from torch import Tensor


def hard_labels(y: Tensor) -> Tensor:
    """Class numbers of targets: as they are, or of soft ones the largest class. [n] or [n, C] -> [n]"""
    return y if y.dim() == 1 else y.argmax(1)


def class_shares(y: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Targets as probabilities: classes as 0 and 1, soft ones as they are. [n] or [n, C] -> [n, C]"""
    return (y if y.dim() == 2 else torch.nn.functional.one_hot(y, classes)).to(dtype)


def count_classes(y: Tensor) -> int:
    """Classes, labels or numbers that targets show. [n] or [n, C]"""
    return y.shape[1] if y.dim() == 2 else 1 if y.is_floating_point() else int(y.max()) + 1
