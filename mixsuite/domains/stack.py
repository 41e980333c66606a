"""Models of one shape as one model, so that several runs train as one.

Every weight gains an axis of runs in front, [S, ...], and a batch is the runs' batches one after another,
[S * N, ...]. A layer without weights treats each row alone and works on such a batch as it is; a layer with
weights has a twin that gives each run's rows that run's weights: torch's layers here, a domain's own beside
them. Names stay: the state of slot s, taken out of the stack's, is a state of the model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixsuite.domains.contract import Staged


class Unstackable(Exception):
    """Something that cannot be trained side by side as one; says what."""


class Stacked(nn.Module):
    """The twin of a layer for S runs: their parameters and buffers, [S, ...], under the layer's names."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.runs = len(layers)
        first = layers[0]
        for name, weight in first._parameters.items():
            joined = None if weight is None else torch.stack([getattr(layer, name).detach() for layer in layers])
            self.register_parameter(name, None if joined is None else nn.Parameter(joined))
        for name, buffer in first._buffers.items():
            held = None if buffer is None else torch.stack([getattr(layer, name) for layer in layers])
            self.register_buffer(name, held, persistent=name not in first._non_persistent_buffers_set)


Twin = TypeVar("Twin", bound=type[Stacked])
_TWINS: dict[type[nn.Module], type[Stacked]] = {}


def twin_of(*kinds: type[nn.Module]) -> Callable[[Twin], Twin]:
    """Declare a class as the twin of layers of exactly these types."""

    def declare(twin: Twin) -> Twin:
        _TWINS.update(dict.fromkeys(kinds, twin))
        return twin

    return declare


def stack(models: Sequence[Staged], start: int = 0) -> Staged:
    """Models of one shape as one. Stages before ``start`` are the first model's: they are not to be run.

    Raises:
        Unstackable: a layer has weights and no twin.
    """
    stacked = copy.copy(models[0])
    by_stage = zip(*[model.stages for model in models], strict=True)
    stages = [_stack(stage) if i >= start else stage[0] for i, stage in enumerate(by_stage)]
    stacked._modules = {"stages": nn.ModuleList(stages)}
    return stacked


def unstack(stacked: Staged, slot: int, model: Staged, start: int = 0) -> None:
    """Write one slot's weights into a model."""
    for held, stage in list(zip(stacked.stages, model.stages, strict=True))[start:]:
        stage.load_state_dict({name: value[slot] for name, value in held.state_dict().items()})


def _stack(layers: Sequence[nn.Module]) -> nn.Module:
    first = layers[0]
    if type(first) in _TWINS:
        return _TWINS[type(first)](layers)
    if first._parameters or first._buffers:
        raise Unstackable(f"the layer {type(first).__name__} has no twin for several runs")
    shell = copy.copy(first)
    shell._modules = {name: _stack([getattr(layer, name) for layer in layers]) for name in first._modules}
    return shell


def side_by_side(x: Tensor, runs: int) -> Tensor:
    """[S * N, C, ...] -> [N, S * C, ...]: runs as groups of channels."""
    n, channels, *rest = x.shape
    return x.reshape(runs, n // runs, channels, *rest).transpose(0, 1).flatten(1, 2)


def one_after_another(x: Tensor, runs: int) -> Tensor:
    """[N, S * C, ...] -> [S * N, C, ...], the other way round."""
    n, channels, *rest = x.shape
    return x.reshape(n, runs, channels // runs, *rest).transpose(0, 1).flatten(0, 1)


@twin_of(nn.Linear)
class StackedLinear(Stacked):
    """One batched product. [S * N, ..., F] -> [S * N, ..., G]"""

    weight: Tensor
    bias: Tensor | None

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(self.runs, -1, x.shape[-1])
        out = rows @ self.weight.mT if self.bias is None else torch.baddbmm(self.bias[:, None], rows, self.weight.mT)
        return out.reshape(*x.shape[:-1], -1)


@twin_of(nn.Conv1d, nn.Conv2d)
class StackedConv(Stacked):
    """One convolution in groups of channels, a group a run. [S * N, C, ...] -> [S * N, D, ...]"""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(layers)
        first: Any = layers[0]
        if first.padding_mode != "zeros":
            raise Unstackable(f"convolutions with padding_mode='{first.padding_mode}'")
        self.convolve = F.conv1d if isinstance(first, nn.Conv1d) else F.conv2d
        self.shape = first.stride, first.padding, first.dilation, first.groups * self.runs

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.flatten()
        out = self.convolve(side_by_side(x, self.runs), self.weight.flatten(0, 1), bias, *self.shape)
        return one_after_another(out, self.runs)


@twin_of(nn.BatchNorm1d, nn.BatchNorm2d)
class StackedBatchNorm(Stacked):
    """Each run's channels by that run's rows alone. [S * N, C, ...], the same comes out."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(layers)
        first: Any = layers[0]
        if not (first.affine and first.track_running_stats and first.momentum is not None):
            raise Unstackable("BatchNorm without weights, running statistics or momentum")
        self.eps, self.momentum = first.eps, first.momentum

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.num_batches_tracked += 1
        mean, var, weight, bias = (
            v.flatten() for v in (self.running_mean, self.running_var, self.weight, self.bias)
        )  # views: the running statistics are written through them
        wide = side_by_side(x, self.runs)
        out = F.batch_norm(wide, mean, var, weight, bias, self.training, self.momentum, self.eps)
        return one_after_another(out, self.runs)
