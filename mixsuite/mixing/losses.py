"""The loss of each row, by the kind of target. Only the engine reduces it."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

from mixsuite.mixing.engine import Loss


def of_each_member(loss: Loss) -> Loss:
    """The loss [N] of outputs [N, ...], or of an ensemble's K members [N, K, ...]: then the mean over members."""

    @functools.wraps(loss)
    def each(out: Tensor, y: Tensor) -> Tensor:
        if out.dim() < 3:
            return loss(out, y)
        members = out.shape[1]
        return loss(out.flatten(0, 1), y.repeat_interleave(members, 0)).reshape(len(out), members).mean(1)

    return each


@of_each_member
def cross_entropy(out: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy [N] of logits [N, C] for classes [N] int64 or probabilities [N, C]."""
    return F.cross_entropy(_wide(out), y, reduction="none")


@of_each_member
def binary_cross_entropy(out: Tensor, y: Tensor) -> Tensor:
    """Binary cross-entropy [N] of logits [N, L] for targets [N, L] in [0, 1], the mean over labels."""
    out = _wide(out)
    return F.binary_cross_entropy_with_logits(out, y.to(out.dtype), reduction="none").mean(1)


@of_each_member
def squared_error(out: Tensor, y: Tensor) -> Tensor:
    """Squared error [N] of outputs [N, K] or [N] for targets of the same shape, the mean over outputs.

    Raises:
        ValueError: the numbers of outputs and targets differ; they would broadcast.
    """
    out = _wide(out).reshape(len(out), -1)
    target = y.to(out.dtype).reshape(len(y), -1)
    if out.shape != target.shape:
        raise ValueError(f"outputs are {list(out.shape)}, targets {list(target.shape)}: they must be alike")
    return (out - target).square().mean(1)


def _wide(out: Tensor) -> Tensor:
    """Widen outputs to at least float32: the loss is never computed in half precision."""
    return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out


LOSSES: dict[str, Loss] = {
    "class": cross_entropy,
    "multilabel": binary_cross_entropy,
    "regression": squared_error,
}
