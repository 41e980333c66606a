"""Targets as class numbers, and as shares of classes."""

from __future__ import annotations

import torch
from torch import Tensor


def hard_labels(y: Tensor) -> Tensor:
    """Class numbers [n] of targets [n], which are numbers already, or [n, C], where the largest class counts."""
    return y if y.dim() == 1 else y.argmax(1)


def class_shares(y: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Probabilities [n, C] of targets: class numbers [n] become 0 and 1, soft targets [n, C] stay."""
    return (y if y.dim() == 2 else torch.nn.functional.one_hot(y, classes)).to(dtype)


def count_classes(y: Tensor) -> int:
    """The number of classes, labels or outputs that targets [n] or [n, C] show."""
    return y.shape[1] if y.dim() == 2 else 1 if y.is_floating_point() else int(y.max()) + 1
