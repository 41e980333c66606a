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


_SUMS_TO_ONE = 1e-3  # shares in half precision sum to 1 within this
_MOST_GAPS = 100  # class numbers that no row has, beyond ten for each that a row has


def as_meant(y: Tensor, kind: str) -> Tensor:
    """Targets in the form that losses take, where what was given has one meaning. No value is looked at.

    Args:
        y: "class": [n] or [n, 1] class numbers of any type, or [n, C] shares; "multilabel": [n] or [n, C];
            "regression": [n] or [n, K].
        kind: "class", "multilabel" or "regression".

    Returns:
        Class numbers [n] int64, shares [n, C], or numbers [n], [n, C].

    Raises:
        ValueError: targets of another number of axes.
    """
    if y.dim() not in (1, 2):
        raise ValueError(f"targets are [n] or [n, C], not {list(y.shape)}")
    if kind == "class" and (y.dim() == 1 or y.shape[1] == 1):
        return y.reshape(-1).to(torch.int64)
    if kind == "multilabel" and y.dim() == 1:
        y = y[:, None]
    return y if y.is_floating_point() else y.to(torch.get_default_dtype())


def check_values(y: Tensor, kind: str) -> None:
    """Refuse targets that cannot be meant. y: as given, before ``as_meant``.

    Raises:
        ValueError: a class number that is negative, no whole number, or far above the number of classes; shares that
            are negative or do not sum to 1; labels outside 0 to 1; a number that is not finite.
    """
    if not bool(y.isfinite().all()):
        raise ValueError("targets must be finite numbers")
    if kind == "class" and (y.dim() == 1 or y.shape[1] == 1):
        _check_numbers(y.reshape(-1))
    elif kind == "class":
        sums = y.to(torch.float64).sum(1)
        if bool((y < 0).any()) or bool(((sums - 1).abs() > _SUMS_TO_ONE).any()):
            raise ValueError(
                "soft targets are shares: none negative, each row's sum 1; "
                f"here the least is {float(y.min()):.3g}, sums are {float(sums.min()):.3g} to {float(sums.max()):.3g}"
            )
    elif kind == "multilabel" and bool(((y < 0) | (y > 1)).any()):
        raise ValueError(f"labels are 0 to 1, here {float(y.min()):.3g} to {float(y.max()):.3g}")


def _check_numbers(y: Tensor) -> None:
    if y.is_floating_point() and bool((y != y.round()).any()):
        raise ValueError("classes must be whole numbers")
    low, high, different = int(y.min()), int(y.max()), len(y.unique())
    if low < 0:
        raise ValueError(f"classes are numbered from 0, here from {low}")
    if high >= 10 * different + _MOST_GAPS:
        raise ValueError(f"classes are numbered 0, 1, 2, ...; here are {different} different ones, up to {high}")
