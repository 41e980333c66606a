"""Check that rows count by what they are: a batch in another order, with its plan, gives the same step."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mixsuite.mixing import Batch, Method, Plan
from mixsuite.mixing.engine import State, step_loss
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import STEPS, Trial, judged, leaves_of, map_leaves, overrides_mix

_STEP = STEPS - 1  # what grows along a training counts there
_NAME = "rows count by what they are"
_TRIED = "a batch's rows in another order, and the plan with them"


def order_of(batch: Batch) -> Tensor:
    """Another order of a batch's rows, [B + M]: its own first, as they stand in every batch."""
    g, n = torch.Generator().manual_seed(22), batch.size
    return torch.cat([torch.randperm(n, generator=g), n + torch.randperm(len(batch.y) - n, generator=g)])


def reordered(batch: Batch, order: Tensor) -> Batch:
    """The batch with its rows in another order."""
    x = None if batch.x is None else map_leaves(lambda leaf: leaf[order], batch.x)
    rows = None if batch.rows is None else batch.rows[order]
    return batch._replace(y=batch.y[order], x=x, rows=rows)


def follow(plan: Plan, order: Tensor) -> tuple[Plan, Tensor]:
    """The plan for rows in another order, and the order [N] of its mixed rows.

    Where each row keeps its place, in one block of mixed rows or in several, the mixed rows change theirs too.
    """
    place, n = torch.argsort(order), len(plan.partner)
    out = torch.arange(n)
    if n % ROWS == 0 and (plan.own is None or torch.equal(plan.own, out % ROWS)):
        out = (out.reshape(-1, ROWS)[:, order[:ROWS]]).flatten()
    extra = None if plan.extra is None else {name: value[out] for name, value in plan.extra.items()}
    own = None if plan.own is None else place[plan.own[out]]
    weight = None if plan.weight is None else plan.weight[out]
    return Plan(place[plan.partner[out]], plan.wx[out], plan.wy[out], own, weight, extra), out


def rows_count_by_what_they_are(trial: Trial) -> Iterator[Finding]:
    """Check mix() and objective() on a batch's rows in another order: the plan alone may tell them apart."""
    if overrides_mix(trial) and not _names_rows(trial.plan(step=_STEP)):
        plan, order = trial.plan(step=_STEP), order_of(trial.batch(ROWS, _STEP))
        moved, out = follow(plan, order)
        one = leaves_of(trial.method.mix(trial.state(ROWS, _STEP), plan))
        other = leaves_of(trial.method.mix(_in_order(trial, order), moved))
        same = all(torch.allclose(a[out], b, rtol=1e-4, atol=1e-5) for a, b in zip(one, other, strict=True))
        expected = "mix() gives the same rows, in the plan's order"
        yield judged(trial, _NAME, same, _TRIED, expected, "other rows", "mix")
    yield from objective_in_order(trial, trial.batch(ROWS, _STEP).memory)


def objective_in_order(trial: Trial, memory: nn.Module | None) -> Iterator[Finding]:
    """Check objective() on a batch's rows in another order, with a memory."""
    plan, order = trial.plan(step=_STEP), order_of(trial.batch(ROWS, _STEP))
    if type(trial.method).objective is Method.objective or _names_rows(plan):
        return
    values = []
    for batch, state, its_plan in (
        (trial.batch(ROWS, _STEP), trial.state(ROWS, _STEP), plan),
        (reordered(trial.batch(ROWS, _STEP), order), _in_order(trial, order), follow(plan, order)[0]),
    ):
        batch = batch._replace(memory=copy.deepcopy(memory))
        values.append(step_loss(trial.method, trial.tail(), state, batch, its_plan, trial.loss).detach())
    same = torch.allclose(values[0], values[1], rtol=1e-4, atol=1e-6)
    expected = f"objective() as before, {float(values[0]):.6g}"
    yield judged(trial, _NAME, same, _TRIED, expected, f"{float(values[1]):.6g}", "objective")


def _names_rows(plan: Plan) -> bool:
    """Whether further tensors of a plan may be numbers of rows, which nobody here could follow."""
    return any(not value.is_floating_point() for value in (plan.extra or {}).values())


def _in_order(trial: Trial, order: Tensor) -> State:
    return map_leaves(lambda leaf: leaf[order], trial.state(ROWS, _STEP))
