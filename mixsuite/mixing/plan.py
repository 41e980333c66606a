"""What one step mixes, as tensors; the checks of it, and the plans of several runs as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Plan(NamedTuple):
    """What one step mixes: tensors only. N rows come out; N may differ from the batch size B.

    partner: [N] int64, the row each one is mixed with.
    wx:      [N, ...] in [0, 1], own share of the signal; broadcasts over the mixed tensor.
    wy:      [N] in [0, 1], own share of the target.
    own:     [N] int64, the row that keeps its place; None: every row in place, N = B.
    weight:  [N], share of the row in the loss; None: 1/N each.
    extra:   what a ``mix`` or an ``objective`` of the method's own needs besides, by name, [N, ...] each; or None.
    """

    partner: Tensor
    wx: Tensor
    wy: Tensor
    own: Tensor | None = None
    weight: Tensor | None = None
    extra: dict[str, Tensor] | None = None

    def tensors(self) -> dict[str, Tensor | None]:
        """Every tensor by name, in the order in which a run's digest takes them."""
        first = {"partner": self.partner, "wx": self.wx, "wy": self.wy}
        return first | (self.extra or {}) | {"own": self.own, "weight": self.weight}


def join(plans: Sequence[Plan], rows: int) -> Plan:
    """The plans of several runs, for their batches of ``rows`` rows each one after another, as one plan.

    Rows are renumbered; every other tensor is a row's, and joined along the rows.

    Raises:
        ValueError: a field that one run's plan has and another's has not.
    """

    def joined(name: str, values: list[Tensor | None]) -> Tensor | None:
        held = [value for value in values if value is not None]
        if len(held) not in (0, len(values)):
            raise ValueError(f"plan: {name} is None in one run and not in another")
        if not held:
            return None
        if name not in ("own", "partner"):
            return torch.cat(held)
        return (torch.stack(held) + rows * torch.arange(len(plans), device=held[0].device)[:, None]).flatten()

    names = list(dict.fromkeys(name for plan in plans for name in plan.tensors()))
    found = {name: joined(name, [plan.tensors().get(name) for plan in plans]) for name in names}
    partner, wx, wy, own, weight = (found.pop(name) for name in ("partner", "wx", "wy", "own", "weight"))
    assert partner is not None and wx is not None and wy is not None
    extra = {name: value for name, value in found.items() if value is not None}
    return Plan(partner, wx, wy, own, weight, extra or None)


def check_plan(plan: Plan, rows: int) -> None:
    """Refuse a plan that cannot be meant, with a message for its author. Called at a run's first steps.

    Raises:
        ValueError: no plan, or a wrong type, shape or range, naming the field.
    """

    def need(good: bool, text: str) -> None:
        if not good:
            raise ValueError(f"plan: {text}")

    fields = [getattr(plan, name, None) for name in ("partner", "wx", "wy")]
    need(all(isinstance(t, Tensor) for t in fields), f"plan() must return a Plan of tensors, returned {_kind(plan)}")
    n = plan.partner.shape[0]
    for name, index in (("own", plan.own), ("partner", plan.partner)):
        if index is not None:
            need(index.dtype == torch.int64, f"{name} must be int64, is {index.dtype}")
            need(index.shape == (n,), f"{name} must be [{n}], is {list(index.shape)}")
            need(bool(((index >= 0) & (index < rows)).all()), f"{name} must lie in 0..{rows - 1}")
    need(plan.own is not None or n == rows, f"own=None needs as many rows as the batch, {rows}, has {n}")
    need(plan.wx.dim() >= 1 and plan.wx.shape[0] == n, f"wx must be [{n}, ...], is {list(plan.wx.shape)}")
    need(plan.wy.shape == (n,), f"wy must be [{n}], is {list(plan.wy.shape)}")
    check_shares([plan])
    if plan.weight is not None:
        need(plan.weight.shape == (n,), f"weight must be [{n}], is {list(plan.weight.shape)}")
    if plan.extra is not None:
        good = isinstance(plan.extra, dict) and all(isinstance(v, Tensor) for v in plan.extra.values())
        need(good, "extra must be tensors by name")
        taken = sorted(set(plan.extra) & set(Plan._fields))
        need(not taken, f"extra must not be called as a field is: {', '.join(taken)}")


def _kind(plan: object) -> str:
    if not hasattr(plan, "_asdict"):
        return "None" if plan is None else f"a {type(plan).__name__}"
    return ", ".join(f"{k}: {type(v).__name__}" for k, v in plan._asdict().items() if v is not None)


def distinct(share: Tensor) -> Tensor:
    """Without the repeats of an expanded axis: the same values, each once."""
    return share[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in share.stride())]


def check_shares(plans: Sequence[Plan], rows: int | None = None) -> None:
    """Refuse shares outside [0, 1] or NaN, and numbers of rows that a batch does not have, in many plans at once.

    The device is waited for once a field.

    Args:
        plans: to be looked at.
        rows: of the batch; None: row numbers are not looked at.

    Raises:
        ValueError: naming the field and what its values are.
    """
    for name in ("own", "partner"):
        held = [value for plan in plans if (value := getattr(plan, name)) is not None]
        if held and rows is not None:
            least, most = torch.cat(held).aminmax()
            if not (least >= 0 and most < rows):
                raise ValueError(f"plan: {name} must lie in 0..{rows - 1}, is {int(least)} to {int(most)}")
    for name in ("wx", "wy"):
        low, high = torch.cat([distinct(getattr(plan, name)).reshape(-1) for plan in plans]).aminmax()
        if not (low >= 0 and high <= 1):
            seen = "has NaN" if low.isnan() or high.isnan() else f"is {float(low):.4g} to {float(high):.4g}"
            raise ValueError(f"plan: {name} must lie in [0, 1], {seen}")
