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
        if self.training and self.axis == -1 and len(x) == 1 and _all_ones(mask):
            return self._as_torch(x)
        return self._by_formula(x, mask)

    def _by_formula(self, x: Tensor, mask: Tensor) -> Tensor:
        """As ``forward``; rows of several runs, too."""
        x, mask = (v.unflatten(0, (self.runs, -1)) for v in (x, mask))  # [S, N, ...]
        shape = (self.runs, 1, -1, 1) if self.axis == 1 else (self.runs, 1, 1, -1)
        weight, bias = self.weight.reshape(shape), self.bias.reshape(shape)
        if not self.training:
            mean, var = self.running_mean.reshape(shape), self.running_var.reshape(shape)
            return ((x - mean) * (weight * (var + self.eps).rsqrt()) + bias).flatten(0, 1)
        count = mask.sum((1, 2, 3), keepdim=True).clamp(min=1e-6)  # [S, 1, 1, 1]
        places = 3 if self.axis == 1 else 2
        out, mean, var = _normalise(x, mask / count, weight, bias, self.eps, places)
        follow(self, mean, var, count)
        return out.flatten(0, 1)

    def _as_torch(self, x: Tensor) -> Tensor:
        """Packed nodes [1, M, C] that all count fully: torch's own norm is fastest.

        It is not given the running statistics: it would keep them for its derivative, and a second call in the same
        step changes them.
        """
        out, mean, inverse = torch.native_batch_norm(x[0], self.weight, self.bias, None, None, True, 0.0, self.eps)
        follow(self, mean, inverse.pow(-2) - self.eps, x.new_tensor(float(x.shape[1])))
        return out[None]


@torch.no_grad()
def follow(layer: Any, mean: Tensor, var: Tensor, count: Tensor) -> None:
    """Move a norm's running statistics towards those of a batch, over so many places."""
    unbiased = var * count / (count - 1).clamp(min=1)
    for running, batch_value in ((layer.running_mean, mean), (layer.running_var, unbiased)):
        running.lerp_(batch_value.reshape(running.shape).to(running.dtype), layer.momentum)


def _all_ones(mask: Tensor) -> bool:
    """Whether every place counts fully, there is more than one, and the host knows it without waiting."""
    return mask.numel() > 1 and not mask.is_cuda and not mask.requires_grad and bool((mask == 1).all())


def _formula(x: Tensor, share: Tensor, weight: Tensor, bias: Tensor, eps: float, places: int) -> Tensor:
    """x [S, N, A, B], normalised by its weighted mean and variance over rows and the axis ``places``.

    weight and bias are [S, 1, C, 1] or [S, 1, 1, C]. share is the weight of each place in the statistics, of size 1 at
    the channels; its sum is 1 in each run.
    """
    centred = x - _sum(x * share, places)
    var = _sum(centred.square() * share, places)
    return centred * (weight * (var + eps).rsqrt()) + bias


class _Normalise(torch.autograd.Function):
    """The formula with its mean and variance, and its derivative, in few passes over x and few new tensors of its size.

    torch's own record of the formula takes three times as long. The derivative's derivative, and that by the share, are
    left to it.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, share: Tensor, weight: Tensor, bias: Tensor, eps: float, places: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        out = x * share
        mean = _sum(out, places)
        centred = x - _plane(mean, x)
        var = _sum(torch.mul(centred, share, out=out).mul_(centred), places)
        inverse = (var + eps).rsqrt()
        torch.mul(centred, _plane(weight * inverse, x), out=out).add_(_plane(bias, x))
        ctx.save_for_backward(x, share, weight, bias, centred, inverse)
        ctx.eps, ctx.places = eps, places
        ctx.mark_non_differentiable(mean, var)
        return out, mean, var

    @staticmethod
    def backward(ctx: Any, slope: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, share, weight, bias, centred, inverse = ctx.saved_tensors
        if torch.is_grad_enabled() or ctx.needs_input_grad[1]:
            given, needed = (x, share, weight, bias), ctx.needs_input_grad[:4]
            with torch.enable_grad():
                out = _formula(x, share, weight, bias, ctx.eps, ctx.places)
            wanted = [v for v, need in zip(given, needed, strict=True) if need]
            found = iter(torch.autograd.grad(out, wanted, slope, create_graph=torch.is_grad_enabled()))
            return (*(next(found) if need else None for need in needed), None, None)
        along = slope * centred
        total, moment = _sum(slope, ctx.places), _sum(along, ctx.places)
        torch.mul(centred, _plane(moment * inverse.square(), x), out=along).add_(_plane(total, x)).mul_(share)
        by_x = torch.sub(slope, along, out=along).mul_(_plane(weight * inverse, x))
        return by_x, None, moment * inverse, total, None, None


def _normalise(
    x: Tensor, share: Tensor, weight: Tensor, bias: Tensor, eps: float, places: int
) -> tuple[Tensor, Tensor, Tensor]:
    """(what the formula gives, the mean, the variance)."""
    return _Normalise.apply(x, share, weight, bias, eps, places)  # type: ignore[no-any-return, no-untyped-call]


def _sum(x: Tensor, places: int) -> Tensor:
    """The sum of x [S, N, A, B] over rows and an axis, with size 1 there; fastest where channels are last in memory."""
    by_place = x if places == 2 else x.mT
    total = by_place.flatten(1, 2).sum(1)[:, None, None]
    return total if places == 2 else total.mT


def _plane(v: Tensor, x: Tensor) -> Tensor:
    """Values of channels at each place of one row, [S, 1, A, B], in x's order in memory: so x is read in one piece."""
    return torch.empty_like(x[:, :1], dtype=v.dtype).copy_(v)


@twin_of(MaskedBatchNorm)
class StackedMaskedBatchNorm(Stacked):
    """MaskedBatchNorm's twin for several runs."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(layers)
        first: Any = layers[0]
        self.axis, self.eps, self.momentum = first.axis, first.eps, first.momentum

    forward = MaskedBatchNorm._by_formula


def valid(x: Tensor, mask: Tensor) -> Tensor:
    """Set x to zero where the mask is 0; a soft mask does not scale it."""
    return x * (mask > 0)


def masked_mean(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """The mean over an axis, weighted by validity: sum(x * mask) / sum(mask)."""
    return (x * mask).sum(axis) / mask.sum(axis).clamp(min=1e-6)


def masked_sum(x: Tensor, mask: Tensor, axis: int) -> Tensor:
    """The sum over an axis, weighted by validity: sum(x * mask)."""
    return (x * mask).sum(axis)
