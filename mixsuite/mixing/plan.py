"""Plans: what one step mixes, as tensors. Plans can be checked, and those of several runs joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Plan(NamedTuple):
    """What one step mixes, in tensors only. N rows come out; N may differ from the batch size B.

    partner: [N] int64, the row with which each row is mixed; or [N, P], for P partners.
    wx:      [N, ...] in [0, 1], the row's own share of the signal; it broadcasts over the mixed tensor. For P partners
             [N, 1 + P, ...]: the row's own share, then each partner's; they sum to 1.
    wy:      [N] in [0, 1], the row's own share of the target; for P partners [N, 1 + P].
    own:     [N] int64, the row itself; None: every row in its place, so N = B.
    weight:  [N] the row's weight in the loss; None: 1/N each.
    extra:   further tensors by name, [N, ...] each, for the method's own ``mix`` or ``objective``; or None.
    """

    partner: Tensor
    wx: Tensor
    wy: Tensor
    own: Tensor | None = None
    weight: Tensor | None = None
    extra: dict[str, Tensor] | None = None

    def tensors(self) -> dict[str, Tensor | None]:
        """Every tensor by name, in the order of a run's digest."""
        first = {"partner": self.partner, "wx": self.wx, "wy": self.wy}
        return first | (self.extra or {}) | {"own": self.own, "weight": self.weight}


class Term(NamedTuple):
    """One of the rows that a mixed row is made of.

    rows: [N] int64; None: every row in its place.
    wx:   [N, ...] share of the signal.
    wy:   [N] share of the target.
    """

    rows: Tensor | None
    wx: Tensor
    wy: Tensor


def terms(plan: Plan) -> list[Term]:
    """The own rows and the partners of a plan with their shares, the own rows first."""
    if plan.partner.dim() == 1:
        return [Term(plan.own, plan.wx, plan.wy), Term(plan.partner, 1 - plan.wx, 1 - plan.wy)]
    rows = [plan.own, *plan.partner.unbind(1)]
    return [Term(row, plan.wx[:, place], plan.wy[:, place]) for place, row in enumerate(rows)]


def join(plans: Sequence[Plan], rows: int) -> Plan:
    """Join the plans of several runs, whose batches of ``rows`` rows stand one after another, to one plan.

    Row numbers are shifted; every other tensor is joined along the rows.

    Raises:
        ValueError: a field is None in one run's plan and not in another's.
    """

    def joined(name: str, values: list[Tensor | None]) -> Tensor | None:
        tensors = [value for value in values if value is not None]
        if len(tensors) not in (0, len(values)):
            raise ValueError(f"plan: {name} is None in one run and not in another")
        if not tensors:
            return None
        if name not in ("own", "partner"):
            return torch.cat(tensors)
        shift = rows * torch.arange(len(plans), device=tensors[0].device)
        if len({tensor.shape for tensor in tensors}) == 1:
            return (torch.stack(tensors) + shift.reshape(-1, *[1] * tensors[0].dim())).flatten(0, 1)
        return torch.cat([tensor + first for tensor, first in zip(tensors, shift, strict=True)])

    named = [plan.tensors() for plan in plans]
    names = list(dict.fromkeys(name for tensors in named for name in tensors))
    fields = {name: joined(name, [tensors.get(name) for tensors in named]) for name in names}
    partner, wx, wy, own, weight = (fields.pop(name) for name in ("partner", "wx", "wy", "own", "weight"))
    assert partner is not None and wx is not None and wy is not None
    extra = {name: value for name, value in fields.items() if value is not None}
    return Plan(partner, wx, wy, own, weight, extra or None)


_SUMS_TO_ONE = 1e-3
_SMALL = 4096  # a larger mask may be reduced to its bounds while it waits for its check


def _need(good: bool, text: str) -> None:
    if not good:
        raise ValueError(f"plan: {text}")


def check_form(plan: Plan, rows: int) -> None:
    """Refuse a plan whose fields have a wrong type or shape. Every plan is checked: no value is looked at.

    Args:
        plan: what the method returned.
        rows: the batch size, without rows from outside the batch.

    Raises:
        ValueError: this is not a plan, or a field has a wrong type or shape; the message names the field.
    """
    need = _need
    fields = [getattr(plan, name, None) for name in ("partner", "wx", "wy")]
    need(all(isinstance(t, Tensor) for t in fields), f"plan() must return a Plan of tensors, returned {_kind(plan)}")
    need(plan.partner.dim() in (1, 2), f"partner must be [N] or [N, P], is {list(plan.partner.shape)}")
    n, several = plan.partner.shape[0], plan.partner.shape[1:]
    need(several != (0,), "partner must have one column at least, as in [N, P]")
    for name, index in (("own", plan.own), ("partner", plan.partner)):
        if index is not None:
            need(index.dtype == torch.int64, f"{name} must be int64, is {index.dtype}")
            need(name == "partner" or index.shape == (n,), f"{name} must be [{n}], is {list(index.shape)}")
    need(plan.own is not None or n == rows, f"own=None needs as many rows as the batch, {rows}, has {n}")
    shares = (n, *(1 + p for p in several))  # one for the own row and each partner, where there are several
    listed = ", ".join(map(str, shares))
    need(plan.wx.shape[: len(shares)] == shares, f"wx must be [{listed}, ...], is {list(plan.wx.shape)}")
    need(plan.wy.shape == shares, f"wy must be [{listed}], is {list(plan.wy.shape)}")
    if plan.weight is not None:
        need(plan.weight.shape == (n,), f"weight must be [{n}], is {list(plan.weight.shape)}")
    if plan.extra is not None:
        good = isinstance(plan.extra, dict) and all(isinstance(v, Tensor) for v in plan.extra.values())
        need(good, "extra must be tensors by name")
        taken = sorted(set(plan.extra) & set(Plan._fields))
        need(not taken, f"extra must not be called as a field is: {', '.join(taken)}")


def form_of(plan: Plan) -> tuple[object, ...] | None:
    """Shapes and the type of row numbers: two plans of one form pass ``check_form`` alike, or fail alike.

    None for what is no plan, and for one with tensors of the method's own.
    """
    if type(plan) is not Plan or plan.extra is not None:
        return None
    partner, wx, wy, own, weight, _ = plan
    return (
        partner.shape, partner.dtype, wx.shape, wy.shape, None if own is None else (own.shape, own.dtype),
        None if weight is None else weight.shape,
    )  # fmt: skip


def check_plan(plan: Plan, rows: int, more: int = 0) -> None:
    """Refuse an invalid plan, with a message for its author; a run's first plans are checked so.

    Args:
        plan: what the method returned.
        rows: the batch size.
        more: number of rows from outside the batch, which may be named too.

    Raises:
        ValueError: as ``check_form``, or a value is out of range; the message names the field.
    """
    check_form(plan, rows)
    for name, index in (("own", plan.own), ("partner", plan.partner)):
        if index is not None:
            inside = bool(((index >= 0) & (index < rows + more)).all())
            _need(inside, f"{name} must lie in 0..{rows + more - 1}")
    check_shares([plan])
    if plan.partner.dim() > 1:
        for name, share in (("wx", plan.wx), ("wy", plan.wy)):
            sums = share.sum(1)
            _need(
                bool(((sums - 1).abs() < _SUMS_TO_ONE).all()),
                f"{name}'s shares of a row must sum to 1, sum to {float(sums.min()):.4g} to {float(sums.max()):.4g}",
            )


def _kind(plan: object) -> str:
    if not hasattr(plan, "_asdict"):
        return "None" if plan is None else f"a {type(plan).__name__}"
    return ", ".join(f"{k}: {type(v).__name__}" for k, v in plan._asdict().items() if v is not None)


def check_numbers(numbers: Tensor, rows: int) -> None:
    """Refuse what are no numbers [M] of training rows. This waits for the device.

    Raises:
        ValueError: they are not; the message says what they are.
    """
    if not isinstance(numbers, Tensor) or numbers.dtype != torch.int64 or numbers.dim() != 1:
        raise ValueError(f"more_rows() must return row numbers [M] int64 or None, returned {numbers!r:.60}")
    low, high = numbers.aminmax()
    if not (low >= 0 and high < rows):
        raise ValueError(f"more_rows() must name rows in 0..{rows - 1}, names {int(low)} to {int(high)}")


def own_rows_first(plan: Plan, rows: int) -> Plan:
    """A plan for a batch of ``rows`` rows, with its own rows named: behind them stand rows from outside the batch."""
    return plan if plan.own is not None else plan._replace(own=torch.arange(rows, device=plan.partner.device))


def distinct(share: Tensor) -> Tensor:
    """Drop the repeats along expanded axes: the same values, each once."""
    strides = share.stride()
    if 0 not in strides:
        return share
    return share[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in strides)]


def bounds(share: Tensor) -> Tensor:
    """The least and the largest value of a large share; smaller ones as they are."""
    values = distinct(share)
    return values if values.numel() <= _SMALL else torch.stack(values.aminmax())


def check_shares(plans: Sequence[Plan], rows: int | None = None) -> None:
    """Refuse shares that are NaN or outside [0, 1], and row numbers outside the batch, in many plans at once.

    This waits for the device once per field.

    Args:
        plans: the plans to check.
        rows: the batch size; None: row numbers are not checked.

    Raises:
        ValueError: a value is out of range; the message names the field and the range of its values.
    """
    for name in ("own", "partner"):
        indices = [value for plan in plans if (value := getattr(plan, name)) is not None]
        if indices and rows is not None:
            least, most = torch.cat(indices).aminmax()
            if not (least >= 0 and most < rows):
                raise ValueError(f"plan: {name} must lie in 0..{rows - 1}, is {int(least)} to {int(most)}")
    for name in ("wx", "wy"):
        low, high = torch.cat([distinct(getattr(plan, name)).reshape(-1) for plan in plans]).aminmax()
        if not (low >= 0 and high <= 1):
            problem = "has NaN" if low.isnan() or high.isnan() else f"is {float(low):.4g} to {float(high):.4g}"
            raise ValueError(f"plan: {name} must lie in [0, 1], {problem}")
