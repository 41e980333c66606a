"""Mix states by a plan, and compute the loss that goes with it: the one arithmetic line of the suite."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mixsuite.errors import SkipRun
from mixsuite.mixing.plan import Plan, terms

if TYPE_CHECKING:
    from mixsuite.mixing.method import Batch, Method


State = Tensor | tuple[Tensor, ...]


Loss = Callable[[Tensor, Tensor], Tensor]  # (out [N, ...], y [N, ...]) -> [N]


class Tail:
    """The stages after a site: ``tail(h)`` is the model's output for a state [N, ...] there.

    run:  state [N, ...] -> output [N, ...].
    net:  the whole model, whose submodules ``seen`` looks at; None where there is none of one run alone.
    rows: number of rows that have entered the last stage, over all differentiated passes.
    """

    def __init__(self, run: Callable[[State], Tensor], net: nn.Module | None = None) -> None:
        self.run, self.net, self.rows = run, net, 0

    def __call__(self, h: State) -> Tensor:
        """Run the stages, and count the rows if the pass is differentiated. [N, ...] -> [N, ...]."""
        out = self.run(h)
        if torch.is_grad_enabled():
            self.rows += len(out)
        return out

    def seen(self, h: State, *names: str) -> tuple[Tensor, dict[str, Tensor]]:
        """Run the stages, and see what named submodules of the model give on the way, such as attention.

        Args:
            h: [N, ...] the state at the site.
            *names: as ``net.get_submodule`` takes them, or "*.NAME" for the last one whose name ends so.

        Returns:
            (output [N, ...], name -> the submodule's output, which can be differentiated).

        Raises:
            SkipRun: the model has no such submodule, or it does not run behind this site, or gives no tensor.
        """
        found: dict[str, Tensor] = {}
        with contextlib.ExitStack() as hooks:
            for name in names:
                module = part_of(self.net, name)
                hooks.callback(module.register_forward_hook(_keep_in(found, name)).remove)
            out = self(h)
        for name in names:
            if not isinstance(found.get(name), Tensor):
                what = f"gives a {type(found[name]).__name__}" if name in found else "does not run behind this site"
                raise SkipRun(f"it looks at the submodule '{name}', which {what}")
        return out, found

    def pullback(self, out: Tensor, h: Tensor, v: Tensor) -> Tensor:
        """The gradient of sum(v * out) with respect to h, which can be differentiated again (double backward).

        This is the vector-Jacobian product through the batch, including BatchNorm's coupling of rows. out and v have
        the same shape [N, ...]; the gradient has the shape of h.
        """
        self.rows += len(out)
        (gradient,) = torch.autograd.grad(out, h, v, create_graph=True)
        return gradient


def _keep_in(found: dict[str, Any], name: str) -> Callable[[nn.Module, Any, Any], None]:
    def hook(_module: nn.Module, _inputs: Any, out: Any) -> None:
        found[name] = out

    return hook


def part_of(net: nn.Module | None, name: str) -> nn.Module:
    """The submodule of a name; of "*.NAME" the last one whose name ends so.

    Raises:
        SkipRun: there is no such submodule; the message names some that there are.
    """
    parts: dict[str, nn.Module] = dict(net.named_modules()) if net is not None else {}
    if name.startswith("*."):
        ending = [key for key in parts if key == name[2:] or key.endswith(name[1:])]
        name = ending[-1] if ending else name
    if name not in parts or not name:
        some = ", ".join([key for key in parts if key][-6:]) or "none that could be seen"
        raise SkipRun(f"it looks at the submodule '{name}', which this model does not have (it has: {some})")
    return parts[name]


def _share(wx: Tensor, leaf: Tensor) -> Tensor:
    """wx for one leaf [N, ...]: a scalar per row is reshaped, a mask is laid over the leaf.

    The mask is averaged over each axis in which the leaf has size 1. If a box is cut into a spectrogram, a frame's
    validity thus keeps the share of the bands that stayed.

    Raises:
        ValueError: the mask would widen the leaf.
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
    """Mix a state: z = wx * h[own] + (1 - wx) * h[partner], for every leaf of h. [B, ...] -> [N, ...].

    With several partners: the sum of every row named times its share. This never writes to h: the partners' rows are
    copied, and interpolated in place.

    Raises:
        ValueError: wx cannot be laid over a leaf.
    """

    def mix(leaf: Tensor) -> Tensor:
        if plan.partner.dim() > 1:
            return _sum(leaf, plan)
        own = leaf if plan.own is None else leaf.index_select(0, plan.own)
        wx = _share(plan.wx, leaf).to(leaf.dtype)
        return leaf.index_select(0, plan.partner).lerp_(own, wx)

    return tuple(mix(leaf) for leaf in h) if isinstance(h, tuple) else mix(h)


def _sum(leaf: Tensor, plan: Plan) -> Tensor:
    """The rows of a plan with several partners, added up by their shares. [B, ...] -> [N, ...]."""
    first, *others = terms(plan)
    out = _share(first.wx, leaf).to(leaf.dtype) * (leaf if first.rows is None else leaf.index_select(0, first.rows))
    for term in others:
        assert term.rows is not None
        out = torch.addcmul(out, _share(term.wx, leaf).to(leaf.dtype), leaf.index_select(0, term.rows))
    return out


def run_mean(per_row: Tensor, runs: int, weight: Tensor | None = None) -> Tensor:
    """The mean over rows [N], or their sum with weights [N]: a scalar, or one value for each of S runs, [S].

    The rows of several runs stand one run after another.
    """
    reduce: Callable[..., Tensor] = torch.mean if weight is None else torch.sum
    values = per_row if weight is None else weight.to(per_row.dtype) * per_row
    return reduce(values) if runs == 1 else reduce(values.reshape(runs, -1), 1)


def two_term_loss(out: Tensor, batch: Batch, plan: Plan, loss: Loss) -> Tensor:
    """sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner]))), a scalar (for S runs: [S]).

    For cross-entropy and binary cross-entropy this equals the loss at the mixed target. For squared error it has the
    same gradient: the values differ by a term without out. For absolute or Huber error it is another loss. The data's
    row weights (``batch.row_weight``) multiply each term. With several partners there is a term for each.
    """
    y, s = batch.y, batch.row_weight
    if plan.partner.dim() > 1:
        parts = []
        for term in terms(plan):
            part = loss(out, y if term.rows is None else y[term.rows])
            part = part if s is None else part * (s if term.rows is None else s[term.rows])
            parts.append(term.wy.to(part.dtype) * part)
        return run_mean(torch.stack(parts).sum(0), batch.runs, plan.weight)
    own = loss(out, y if plan.own is None else y[plan.own])
    other = loss(out, y[plan.partner])
    if s is not None:
        own = own * (s if plan.own is None else s[plan.own])
        other = other * s[plan.partner]
    wy = plan.wy.to(own.dtype)
    return run_mean(wy * own + (1 - wy) * other, batch.runs, plan.weight)


def clean_loss(out: Tensor, batch: Batch, loss: Loss) -> Tensor:
    """The loss of unmixed rows, a scalar (for S runs: [S]). ERM minimises it, and so does any method when inactive."""
    per_row = loss(out, batch.y)
    return run_mean(per_row if batch.row_weight is None else per_row * batch.row_weight, batch.runs)


def step_loss(method: Method, tail: Tail, h: State, batch: Batch, plan: Plan | None, loss: Loss) -> Tensor:
    """The scalar that one step differentiates: the method's objective, or ERM's if there is no plan."""
    if plan is None:
        return clean_loss(tail(h), batch, loss)
    return method.objective(tail, h, batch, plan, loss)
