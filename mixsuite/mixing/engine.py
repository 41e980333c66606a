"""The one arithmetic line of the suite: mixing states by a plan, and the loss that goes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from mixsuite.mixing.method import Batch, Method
    from mixsuite.mixing.plan import Plan


State = Tensor | tuple[Tensor, ...]


Loss = Callable[[Tensor, Tensor], Tensor]  # (out [N, ...], y [N, ...]) -> [N]


class Tail:
    """The stages after a site: ``tail(h)`` is the model's output for a state [N, ...] there.

    rows: those that entered the last stage so far, over all passes that are differentiated.
    """

    def __init__(self, run: Callable[[State], Tensor]) -> None:
        self.run, self.rows = run, 0

    def __call__(self, h: State) -> Tensor:
        out = self.run(h)
        if torch.is_grad_enabled():
            self.rows += len(out)
        return out

    def pullback(self, out: Tensor, h: Tensor, v: Tensor) -> Tensor:
        """The gradient of sum(v * out) with respect to h, itself differentiable (double backward).

        Through a batch this is the vector-Jacobian product, BatchNorm's coupling of rows included.
        """
        self.rows += len(out)
        (gradient,) = torch.autograd.grad(out, h, v, create_graph=True)
        return gradient


def _share(wx: Tensor, leaf: Tensor) -> Tensor:
    """wx for one leaf [N, ...]: a scalar per row is reshaped, a mask is laid over the leaf as it stands.

    Over an axis in which the leaf has size 1 the mask is averaged: of a box cut into a spectrogram, a
    frame's validity keeps the share of bands that stayed.
    """
    if wx.numel() == wx.shape[0]:
        return wx.reshape(-1, *[1] * (leaf.dim() - 1))
    axes = list(enumerate(zip(wx.shape[1:], leaf.shape[1:], strict=False), 1))
    fits = wx.dim() == leaf.dim() and all(a in (1, b) or b == 1 for _, (a, b) in axes)
    narrow = [axis for axis, (a, b) in axes if a != b == 1]
    if fits and narrow:
        return wx.mean(dim=narrow, keepdim=True)
    if not fits:
        raise ValueError(
            f"wx {list(wx.shape)} cannot be laid over a leaf {list(leaf.shape)} without widening it; "
            "give one share per row, or a mask whose trailing axes equal the leaf's or are 1"
        )
    return wx


def interpolate(h: State, plan: Plan) -> State:
    """z = wx * h[own] + (1 - wx) * h[partner], for every leaf of h. [B, ...] -> [N, ...]

    h is never written to: the rows of the partner are gathered and interpolated in place.
    """

    def mix(leaf: Tensor) -> Tensor:
        own = leaf if plan.own is None else leaf.index_select(0, plan.own)
        wx = _share(plan.wx, leaf).to(leaf.dtype)
        return leaf.index_select(0, plan.partner).lerp_(own, wx)

    return tuple(mix(leaf) for leaf in h) if isinstance(h, tuple) else mix(h)


def run_mean(per_row: Tensor, runs: int, weight: Tensor | None = None) -> Tensor:
    """The mean over rows, or with weights [N] their weighted sum: a scalar, or where several runs' rows stand one
    after another one value each, [S]."""
    reduce: Callable[..., Tensor] = torch.mean if weight is None else torch.sum
    values = per_row if weight is None else weight.to(per_row.dtype) * per_row
    return reduce(values) if runs == 1 else reduce(values.reshape(runs, -1), 1)


def two_term_loss(out: Tensor, batch: Batch, plan: Plan, loss: Loss) -> Tensor:
    """sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner]))), a scalar (of S runs: [S]).

    For cross-entropy and binary cross-entropy this equals the loss at the mixed target; for squared
    error it has the same gradient (the values differ by a term without out); for absolute or Huber
    error it is another loss. Row weights of the data (``batch.row_weight``) multiply each term.
    """
    y, s = batch.y, batch.row_weight
    own = loss(out, y if plan.own is None else y[plan.own])
    other = loss(out, y[plan.partner])
    if s is not None:
        own = own * (s if plan.own is None else s[plan.own])
        other = other * s[plan.partner]
    wy = plan.wy.to(own.dtype)
    return run_mean(wy * own + (1 - wy) * other, batch.runs, plan.weight)


def clean_loss(out: Tensor, batch: Batch, loss: Loss) -> Tensor:
    """The loss of unmixed rows, a scalar (of S runs: [S]): what ERM minimises, and every method outside its window."""
    per_row = loss(out, batch.y)
    return run_mean(per_row if batch.row_weight is None else per_row * batch.row_weight, batch.runs)


def step_loss(method: Method, tail: Tail, h: State, batch: Batch, plan: Plan | None, loss: Loss) -> Tensor:
    """The scalar that one step differentiates: the method's objective, or ERM's where there is no plan."""
    if plan is None:
        return clean_loss(tail(h), batch, loss)
    return method.objective(tail, h, batch, plan, loss)
