"""The loss of each row, by the kind of target. Reduced only by the engine."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mixsuite.mixing.engine import Loss


def cross_entropy(out: Tensor, y: Tensor) -> Tensor:
    """out: [N, C] logits; y: [N] int64 classes, or [N, C] probabilities. -> [N]"""
    return F.cross_entropy(_wide(out), y, reduction="none")


def binary_cross_entropy(out: Tensor, y: Tensor) -> Tensor:
    """Mean over labels. out: [N, L] logits; y: [N, L] in [0, 1]. -> [N]"""
    out = _wide(out)
    return F.binary_cross_entropy_with_logits(out, y.to(out.dtype), reduction="none").mean(1)


def squared_error(out: Tensor, y: Tensor) -> Tensor:
    """Mean over outputs. out: [N, K], or [N]; y: the same. -> [N]

    Raises:
        ValueError: another number of outputs than targets, which would be spread over each other.
    """
    out = _wide(out).reshape(len(out), -1)
    target = y.to(out.dtype).reshape(len(y), -1)
    if out.shape != target.shape:
        raise ValueError(f"outputs are {list(out.shape)}, targets {list(target.shape)}: they must be alike")
    return (out - target).square().mean(1)


def _wide(out: Tensor) -> Tensor:
    """Outputs in at least float32: the loss never runs in half precision."""
    return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out


LOSSES: dict[str, Loss] = {
    "class": cross_entropy,
    "multilabel": binary_cross_entropy,
    "regression": squared_error,
}
