"""Layers for rows of unequal length that are padded: everything counts by its validity."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskedBatchNorm(nn.Module):
    """BatchNorm over valid places only: each place weighs as much as its mask says.

    With a mask of zeros and ones this is torch's BatchNorm1d over the valid places, running statistics
    included; a mixed mask is soft.

    axis: that of the channels: 1 for [N, C, T], -1 for [N, V, C]. The mask has size 1 there.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, axis: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.axis, self.eps, self.momentum = axis, eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: [N, C, T] or [N, V, C]; mask: [N, 1, T] or [N, V, 1]."""
        shape = [-1 if axis == self.axis % 3 else 1 for axis in range(3)]
        mean, var = self.running_mean, self.running_var
        if self.training:
            places = [axis for axis in range(3) if axis != self.axis % 3]
            count = mask.sum().clamp(min=1)
            mean = (x * mask).sum(places) / count
            var = ((x - mean.reshape(shape)).square() * mask).sum(places) / count
            with torch.no_grad():
                unbiased = var * count / (count - 1).clamp(min=1)
                self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
                self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        scale = self.weight * (var + self.eps).rsqrt()
        return (x - mean.reshape(shape)) * scale.reshape(shape) + self.bias.reshape(shape)


def valid(x: Tensor, mask: Tensor) -> Tensor:
    """x with zeros where the mask is 0; a soft mask does not scale it."""
    return x * (mask > 0)


def masked_mean(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """Mean over an axis, by validity: sum(x * mask) / sum(mask)."""
    return (x * mask).sum(axis) / mask.sum(axis).clamp(min=1e-6)


def masked_sum(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """Sum over an axis, by validity: sum(x * mask)."""
    return (x * mask).sum(axis)
