"""Stack models of one shape to one model, so that several runs train as one.

Every weight gains a first axis of runs, [S, ...], and a batch is the runs' batches one after another, [S * N, ...]. A
layer without weights treats each row alone, so it works on such a batch unchanged. A layer with weights has a twin,
which applies each run's weights to that run's rows. The twins of torch's layers are here; those of a domain's layers
stand beside them. Names stay: slot s of the stack's state is a state of the model.

Convolutions are fastest with the runs as groups of channels, [N, S * C, H, W], in channels-last memory order. Pictures
stay in that form (``Wide``) from one convolution to the next, until a layer needs rows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixsuite.data.state import State
from mixsuite.models.base import Staged
from mixsuite.models.line_conv import LineConv


class Unstackable(Exception):
    """Something prevents runs from being trained as one; the message says what."""


class Stacked(nn.Module):
    """The twin of a layer for S runs: it holds their parameters and buffers [S, ...] under the layer's names."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.runs = len(layers)
        first = layers[0]
        for name, weight in first._parameters.items():
            joined = None if weight is None else torch.stack([getattr(layer, name).detach() for layer in layers])
            self.register_parameter(name, None if joined is None else nn.Parameter(joined))
        for name, buffer in first._buffers.items():
            stacked = None if buffer is None else torch.stack([getattr(layer, name) for layer in layers])
            self.register_buffer(name, stacked, persistent=name not in first._non_persistent_buffers_set)


Twin = TypeVar("Twin", bound=type[Stacked])
_TWINS: dict[type[nn.Module], type[Stacked]] = {}


def twin_of(*kinds: type[nn.Module]) -> Callable[[Twin], Twin]:
    """Declare a class as the twin of layers of exactly these types."""

    def declare(twin: Twin) -> Twin:
        _TWINS.update(dict.fromkeys(kinds, twin))
        return twin

    return declare


def stack(models: Sequence[Staged], start: int = 0) -> Staged:
    """Stack models of one shape to one model.

    Stages before ``start`` are those of the first model, and must not be run.

    Raises:
        Unstackable: the model does not say that it can be; a layer has weights and no twin, or occurs twice; there is
            dropout; some weights are not trained.
    """
    if not models[0].stackable:
        raise Unstackable("a model that does not say that its rows are apart (stackable)")
    layers = [layer for _, layer in models[0].named_modules(remove_duplicate=False)]
    if len({id(layer) for layer in layers}) < len(layers):
        raise Unstackable("a layer that stands in two places")
    if any(isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0 for layer in layers):
        raise Unstackable("dropout")
    if not all(weight.requires_grad for weight in models[0].parameters()):
        raise Unstackable("weights that are not trained")
    by_stage = zip(*[model.stages for model in models], strict=True)
    stages = [_stack(stage) if i >= start else stage[0] for i, stage in enumerate(by_stage)]
    return StackedModel(stages, models[0].sites, models[0].num_fixed_stages)


def unstack(stacked: Staged, slot: int, model: Staged, start: int = 0) -> None:
    """Copy one slot's weights into a model, from stage ``start`` on."""
    for stacked_stage, stage in list(zip(stacked.stages, model.stages, strict=True))[start:]:
        stage.load_state_dict({name: value[slot] for name, value in stacked_stage.state_dict().items()})


def _stack(layers: Sequence[nn.Module]) -> nn.Module:
    first = layers[0]
    if type(first) in _TWINS:
        return _TWINS[type(first)](layers)
    if first._parameters or first._buffers:
        raise Unstackable(f"the layer {type(first).__name__} has no twin for several runs")
    inner = {name: _stack([getattr(layer, name) for layer in layers]) for name in first._modules}
    if type(first) is nn.Sequential:
        return Chain(inner)
    if type(first) in _CHANNELWISE:
        return Channelwise(first)
    shell = copy.copy(first)  # keeps its own forward, which passes rows between its layers
    shell._modules = dict(inner)
    for layer in inner.values():
        if isinstance(layer, TakesWide):
            layer.gives_rows = True
    return shell


@dataclass(frozen=True)
class Wide:
    """Pictures of S runs, with the runs as groups of channels. x: [N, S * C, H, W], channels last."""

    x: Tensor
    runs: int

    @classmethod
    def of(cls, rows: Tensor, runs: int) -> Wide:
        """Make it from rows [S * N, C, H, W]. Channels are last from the first step on, and so in the gradient."""
        n, channels, *sides = rows.shape
        apart = rows.permute(0, 2, 3, 1).reshape(runs, n // runs, *sides, channels).permute(1, 2, 3, 0, 4)
        wide = apart.reshape(n // runs, *sides, runs * channels).permute(0, 3, 1, 2)
        # Rows of one channel need no copy to be wide, and would stay in the order in which pools are slow.
        return cls(wide.contiguous(memory_format=torch.channels_last), runs)

    def rows(self) -> Tensor:
        """The rows [S * N, C, H, W], channels last."""
        n, channels, *sides = self.x.shape
        apart = self.x.permute(0, 2, 3, 1).reshape(n, *sides, self.runs, channels // self.runs)
        return apart.permute(3, 0, 1, 2, 4).flatten(0, 1).permute(0, 3, 1, 2)


class TakesWide(nn.Module):
    """A layer of the stack that takes rows or ``Wide``, and gives ``Wide``.

    gives_rows: it gives rows instead, inside a layer with its own forward.
    """

    gives_rows = False

    def give(self, h: Wide) -> Tensor | Wide:
        """The output, in the form that the next layer takes."""
        return h.rows() if self.gives_rows else h


class Channelwise(TakesWide):
    """A layer without weights that treats each channel alone, so it takes rows and ``Wide`` alike."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, h: Tensor | Wide) -> Tensor | Wide:
        """[S * N, C, H, W] -> [S * N, C, H', W'], or wide."""
        return self.give(Wide(self.layer(h.x), h.runs)) if isinstance(h, Wide) else self.layer(h)


_CHANNELWISE = {nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d}


class Chain(nn.Module):
    """The layers of a Sequential. Rows go in and come out; between layers that take it, pictures stay wide."""

    def __init__(self, layers: dict[str, nn.Module]) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, h: State) -> State:
        """[S * N, ...] -> [S * N, ...]."""
        return _run(self.children(), h)


class StackedModel(Staged):
    """A model of S runs. Rows go in and come out."""

    def forward(self, h: State, start: int = 0, stop: int | None = None) -> Any:
        """Run stages start .. stop-1 on the rows of all runs. [S * N, ...] -> [S * N, ...]."""
        return _run(list(self.stages)[start:stop], h)


def _run(layers: Iterable[nn.Module], h: State | Wide) -> State:
    for layer in _leaves(layers):
        h = layer(h.rows() if isinstance(h, Wide) and not isinstance(layer, TakesWide) else h)
    return h.rows() if isinstance(h, Wide) else h


def _leaves(layers: Iterable[nn.Module]) -> Iterator[nn.Module]:
    for layer in layers:
        if isinstance(layer, Chain):
            yield from _leaves(layer.children())
        else:
            yield layer


@twin_of(nn.Linear)
class StackedLinear(Stacked):
    """Linear layers of S runs as one batched product."""

    weight: Tensor
    bias: Tensor | None

    def forward(self, x: Tensor) -> Tensor:
        """[S * N, ..., F] -> [S * N, ..., G]."""
        rows = x.reshape(self.runs, -1, x.shape[-1])
        out = rows @ self.weight.mT if self.bias is None else torch.baddbmm(self.bias[:, None], rows, self.weight.mT)
        return out.reshape(*x.shape[:-1], -1)


class _StackedConv(Stacked):
    """Convolutions of S runs as one, with a group of channels for each run."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(layers)
        first: Any = layers[0]
        if first.padding_mode != "zeros":
            raise Unstackable(f"a convolution with padding_mode='{first.padding_mode}'")
        self.stride, self.padding, self.dilation = first.stride, first.padding, first.dilation
        self.groups = first.groups * self.runs

    def convolve(self, h: Wide, weight: Tensor, stride: Any, padding: Any, dilation: Any) -> Wide:
        """[N, S * C, H, W] -> [N, S * D, H', W'], with the weights [S, D, C, h, w]."""
        bias = None if self.bias is None else self.bias.flatten()
        return Wide(F.conv2d(h.x, weight.flatten(0, 1), bias, stride, padding, dilation, self.groups), h.runs)


@twin_of(nn.Conv2d)
class StackedConv2d(_StackedConv, TakesWide):
    """Convolutions of pictures."""

    def forward(self, h: Tensor | Wide) -> Tensor | Wide:
        """[S * N, C, H, W] -> [S * N, D, H', W'], or wide."""
        h = h if isinstance(h, Wide) else Wide.of(h, self.runs)
        return self.give(self.convolve(h, self.weight, self.stride, self.padding, self.dilation))


@twin_of(nn.Conv1d, LineConv)
class StackedConv1d(_StackedConv):
    """Convolutions over time, as of pictures with one line: channels last exists for pictures only."""

    def forward(self, x: Tensor) -> Tensor:
        """[S * N, C, T] -> [S * N, D, T']."""
        padding = self.padding if isinstance(self.padding, str) else (0, *self.padding)
        shape = (1, *self.stride), padding, (1, *self.dilation)
        return self.convolve(Wide.of(x.unsqueeze(2), self.runs), self.weight.unsqueeze(3), *shape).rows().squeeze(2)


@twin_of(nn.BatchNorm2d)
class StackedBatchNorm2d(Stacked, TakesWide):
    """BatchNorm of S runs: each run's channels are normalised over that run's rows alone."""

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

    def forward(self, h: Tensor | Wide) -> Tensor | Wide:
        """[S * N, C, H, W] or wide; the same shape comes out."""
        h = h if isinstance(h, Wide) else Wide.of(h, self.runs)
        if self.training:
            self.num_batches_tracked += 1
        # These are views, through which batch_norm writes the running statistics.
        mean, var, weight, bias = (v.flatten() for v in (self.running_mean, self.running_var, self.weight, self.bias))
        out = F.batch_norm(h.x, mean, var, weight, bias, self.training, self.momentum, self.eps)
        return self.give(Wide(out, h.runs))
