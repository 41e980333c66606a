"""Layers for padded rows of unequal length: each place counts by its validity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mixsuite.models.stack import Stacked, twin_of


class MaskedBatchNorm(nn.Module):
    """BatchNorm over valid places: each place has the weight that its mask gives it.

    With a mask of zeros and ones this is torch's BatchNorm1d over the valid places, including its running statistics. A
    mixed mask is soft.

    axis: axis of the channels: 1 for [N, C, T], -1 for [N, V, C]. The mask has size 1 there.
    runs: number of runs whose rows stand one run after another, each with its own statistics and weights.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    runs = 1

    def __init__(self, channels: int, axis: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.axis, self.eps, self.momentum = axis, eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Normalise x [N, C, T] or [N, V, C] by a mask [N, 1, T] or [N, V, 1]; the shape of x stays."""
        x, mask = (v.unflatten(0, (self.runs, -1)) for v in (x, mask))  # [S, N, ...]
        channels = self.axis % 3 + 1
        places = [axis for axis in (1, 2, 3) if axis != channels]
        shape = [self.runs if axis == 0 else -1 if axis == channels else 1 for axis in range(4)]
        mean, var = self.running_mean.reshape(shape), self.running_var.reshape(shape)
        if self.training:
            count = mask.sum((1, 2, 3), keepdim=True).clamp(min=1)  # [S, 1, 1, 1]
            mean = (x * mask).sum(places, keepdim=True) / count  # [S, 1, C, 1] or [S, 1, 1, C]
        centred = x - mean
        if self.training:
            var = (centred.square() * mask).sum(places, keepdim=True) / count
            with torch.no_grad():
                unbiased = var * count / (count - 1).clamp(min=1)
                for running, batch_value in ((self.running_mean, mean), (self.running_var, unbiased)):
                    running.lerp_(batch_value.reshape(running.shape).to(running.dtype), self.momentum)
        scale = self.weight.reshape(shape) * (var + self.eps).rsqrt()
        return torch.addcmul(self.bias.reshape(shape), centred, scale).flatten(0, 1)


@twin_of(MaskedBatchNorm)
class StackedMaskedBatchNorm(Stacked):
    """MaskedBatchNorm's twin for several runs."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(layers)
        first: Any = layers[0]
        self.axis, self.eps, self.momentum = first.axis, first.eps, first.momentum

    forward = MaskedBatchNorm.forward


def valid(x: Tensor, mask: Tensor) -> Tensor:
    """Set x to zero where the mask is 0; a soft mask does not scale it."""
    return x * (mask > 0)


def masked_mean(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """The mean over an axis, weighted by validity: sum(x * mask) / sum(mask)."""
    return (x * mask).sum(axis) / mask.sum(axis).clamp(min=1e-6)


def masked_sum(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """The sum over an axis, weighted by validity: sum(x * mask)."""
    return (x * mask).sum(axis)
