"""A net whose calls take and give whole batches, while each rank computes a part of the rows.

Every rank holds the same weights and sees the same batch. What stands outside the net (mixing, objectives, the
optimiser's step) each computes as the others do. A call of the net takes this rank's part of the rows and gathers the
outputs of all. So a method needs to know nothing of ranks: the partners of a row may stand on any rank, at any site.

Layers that look at a whole batch have twins here, which do so across ranks: norms and dropout. torch's own
synchronised norm refuses the CPU, and has no derivative of its derivative.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixsuite.data.state import Ragged, State, map_leaves, num_rows
from mixsuite.errors import SkipRun
from mixsuite.models.base import Staged
from mixsuite.models.masked import MaskedBatchNorm, follow
from mixsuite.models.ranks import Ranks

_SHARED = "the model's rows cannot be shared by several devices"
NEAR = 1e-3  # how far outputs of the same rows may lie apart in float32, as a share of the largest


def across(net: Staged, ranks: Ranks, sites: Collection[str] = ()) -> Staged:
    """The same net with the same weights and running statistics, whose calls share the rows of a batch among ranks.

    Each rank's gradients are those of its own rows: ``Ranks.sum_gradients`` makes them whole.

    sites: those within a stage that the run uses: the rows of all ranks meet there.

    Raises:
        SkipRun: a layer draws, or looks at the whole batch, as no twin can; or the net cannot be taken apart.
    """
    try:
        shell = _shell(net, ranks)
        assert isinstance(shell, Staged)
        shell.inner = dict(net.inner)
        for site in sorted(set(sites) & set(net.inner)):
            _meet(shell, site, ranks)
    except SkipRun:
        raise
    except Exception as error:
        raise SkipRun(f"{_SHARED}: {type(error).__name__}: {error}") from error
    shell.forward = partial(_forward, type(net).forward, shell, ranks)  # type: ignore[method-assign]
    return shell


def check_rows_apart(net: Staged, shared: Staged, x: State, any_of: Callable[[bool], bool] = bool) -> None:
    """Check that a net does for rows in parts what it does for all of them, and put its buffers back.

    Args:
        net: as it is.
        shared: the same across ranks.
        x: [N, ...] rows at its input.
        any_of: whether any rank has found a difference, by what this one has found.

    Raises:
        SkipRun: it does not: it draws, or looks at the whole batch, in a way of its own.
    """
    if isinstance(x, Ragged):
        raise SkipRun(f"rows that are shared by several devices must be of one size: {x.cause}")
    state = {name: value.clone() for name, value in net.state_dict().items()}
    found = []
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for each in (net, shared):
            torch.manual_seed(0)
            try:
                out = each.train()(x)
            except Exception as error:
                raise SkipRun(f"{_SHARED}: {type(error).__name__}: {error}") from error
            found.append([out.double(), *(value.double().clone() for value in net.state_dict().values())])
            net.load_state_dict(state)
    if any_of(not all(_near(one, other) for one, other in zip(*found, strict=True))):
        raise SkipRun(
            "the model does something else where its rows are shared by several devices: it draws random numbers, or "
            "looks at the whole batch, otherwise than by torch's BatchNorm and Dropout"
        )


def _near(one: Tensor, other: Tensor) -> bool:
    most = float(one.abs().max()) if one.numel() else 0.0
    return one.shape == other.shape and torch.allclose(one, other, rtol=0.0, atol=NEAR * max(1.0, most))


def _meet(shell: Staged, site: str, ranks: Ranks) -> None:
    """Let the rows of all ranks meet where they enter the submodule of a site."""
    name = shell.inner[site]
    if any(other != name and f"{other}.".startswith(f"{name}.") for other in shell.inner.values()):
        raise SkipRun(f"{_SHARED}: site '{site}' has another one within it")
    parent, _, last = name.rpartition(".")
    setattr(shell.get_submodule(parent), last, _Met(shell.get_submodule(name), ranks))
    shell.inner[site] = f"{name}.met"


def _forward(
    call: Callable[..., Any], net: Staged, ranks: Ranks, h: State, start: int = 0, stop: int | None = None
) -> Any:
    """Call a net on this rank's part of a state [N, ...], and gather what it gives [N, ...].

    A few rows, fewer than there are ranks, are evaluated by each of them.

    Raises:
        SkipRun: in training a rank would have no row.
    """
    ranks.rows = rows = num_rows(h)
    ranks.alone = rows < ranks.world
    if ranks.alone and net.training:
        raise SkipRun(f"{_SHARED}: it is called with {rows} of them, and there are {ranks.world} devices")
    out = call(net, map_leaves(ranks.share, h), start, stop)
    return map_leaves(lambda leaf: ranks.gather(leaf, rows), out)


def _shell(layer: nn.Module, ranks: Ranks) -> nn.Module:
    """A layer, with twins in place of those inside that look at a whole batch. Weights and buffers are shared."""
    if (twin := _TWINS.get(type(layer))) is not None:
        return twin(layer, ranks)
    if isinstance(layer, nn.modules.batchnorm._NormBase):
        raise SkipRun(f"{_SHARED}: its {type(layer).__name__} looks at the whole batch in a way of its own")
    shell = copy.copy(layer)
    shell._modules = {name: inner and _shell(inner, ranks) for name, inner in layer._modules.items()}
    return shell


class _Met(nn.Module):
    """A submodule at which rows are mixed: those of all ranks meet before it, and part again within it."""

    def __init__(self, layer: nn.Module, ranks: Ranks) -> None:
        super().__init__()
        self.met, self.ranks = _Parted(layer, ranks), ranks

    def forward(self, x: Tensor, *more: Any, **named: Any) -> Any:
        """x: this rank's part of the rows, as the output is."""
        return self.met(self.ranks.gather(x, self.ranks.rows), *more, **named)


class _Parted(nn.Module):
    def __init__(self, layer: nn.Module, ranks: Ranks) -> None:
        super().__init__()
        self.layer, self.ranks = layer, ranks

    def forward(self, x: Tensor, *more: Any, **named: Any) -> Any:
        return self.layer(self.ranks.share(x), *more, **named)


class _Twin(nn.Module):
    """A layer in place of another, whose weights and buffers it has under the same names."""

    def __init__(self, layer: nn.Module, ranks: Ranks) -> None:
        super().__init__()
        self._parameters, self._buffers = layer._parameters, layer._buffers
        self._non_persistent_buffers_set = layer._non_persistent_buffers_set
        self.training, self.ranks = layer.training, ranks


class BatchNormAcross(_Twin):
    """torch's BatchNorm over the rows of all ranks."""

    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(self, layer: Any, ranks: Ranks) -> None:
        super().__init__(layer, ranks)
        self.eps: float = layer.eps
        self.momentum: float | None = layer.momentum

    def forward(self, x: Tensor) -> Tensor:
        """Normalise this rank's part of the rows, [n, C, ...]; the shape stays."""
        if not self.training and self.running_mean is not None:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
        places, shape = [0, *range(2, x.dim())], [1, -1, *[1] * (x.dim() - 2)]
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        summed = torch.cat([wide.sum(places), wide.new_full((1,), wide.numel() / wide.shape[1])])
        summed = self.ranks.total(summed)
        mean, count = summed[:-1] / summed[-1], summed[-1]
        centred = wide - mean.reshape(shape)
        var = self.ranks.total(centred.square().sum(places)) / count
        self._follow(mean.detach(), var.detach() * count / (count - 1).clamp(min=1))
        scale = (var + self.eps).rsqrt() if self.weight is None else self.weight * (var + self.eps).rsqrt()
        out = centred * scale.reshape(shape)
        return (out if self.bias is None else out + self.bias.reshape(shape)).to(x.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, var: Tensor) -> None:
        if not self.training or self.running_mean is None:
            return
        assert self.running_var is not None and self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)
        self.running_var.lerp_(var.to(self.running_var.dtype), momentum)


class MaskedBatchNormAcross(_Twin):
    """MaskedBatchNorm over the valid places of all ranks."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, layer: Any, ranks: Ranks) -> None:
        super().__init__(layer, ranks)
        self.axis: int = layer.axis
        self.eps: float = layer.eps
        self.momentum: float = layer.momentum

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """As MaskedBatchNorm, of this rank's part of the rows."""
        shape = (1, -1, 1) if self.axis == 1 else (1, 1, -1)
        places = (0, 2) if self.axis == 1 else (0, 1)
        weight, bias = self.weight.reshape(shape), self.bias.reshape(shape)
        if not self.training:
            mean, var = self.running_mean.reshape(shape), self.running_var.reshape(shape)
            return (x - mean) * (weight * (var + self.eps).rsqrt()) + bias
        count = self.ranks.total(mask.sum()).clamp(min=1e-6)
        mean = self.ranks.total((x * mask).sum(places, keepdim=True)) / count
        centred = x - mean
        var = self.ranks.total((centred.square() * mask).sum(places, keepdim=True)) / count
        follow(self, mean, var, count)
        return centred * (weight * (var + self.eps).rsqrt()) + bias


class DropoutAcross(_Twin):
    """Dropout that draws for the rows of all ranks, as one process would, and keeps its own part."""

    def __init__(self, layer: nn.Module, ranks: Ranks) -> None:
        super().__init__(layer, ranks)
        self.layer, self.p = layer, float(layer.p)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """[n * k, ...], of this rank's n rows; the shape stays."""
        if not self.training or not self.p:
            return x
        part = self.ranks.part(self.ranks.rows)
        each = len(x) // (part.stop - part.start)  # a row may be several, as heads of attention are
        pictures = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
        order = torch.channels_last if pictures else torch.contiguous_format
        ones = x.new_ones((1, *x.shape[1:])).expand(self.ranks.rows * each, *x.shape[1:])
        kept: Tensor = self.layer.train()(ones.contiguous(memory_format=order))
        return x * kept[part.start * each : part.stop * each]


def _draws(layer: nn.Module, _: Ranks) -> nn.Module:
    if float(getattr(layer, "p", 0.0) or getattr(layer, "dropout", 0.0) or 0.0) > 0:
        raise SkipRun(f"{_SHARED}: its {type(layer).__name__} draws for the rows of one device alone")
    return copy.copy(layer)


_TWINS: dict[type[nn.Module], Callable[[nn.Module, Ranks], nn.Module]] = {
    MaskedBatchNorm: MaskedBatchNormAcross,
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm), BatchNormAcross),
    **dict.fromkeys((nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d), DropoutAcross),
    **dict.fromkeys((nn.AlphaDropout, nn.FeatureAlphaDropout, nn.MultiheadAttention), _draws),
}
