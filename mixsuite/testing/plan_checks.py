"""Check plans: they are valid, and signal and target follow them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from mixsuite.data.state import first_leaf
from mixsuite.mixing import Method
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.plan import check_plan, terms
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import (
    SIZES,
    STEPS,
    Trial,
    judged,
    leaves_of,
    map_leaves,
    mean_share,
    numbered,
    overrides_mix,
    own_alone,
    own_share,
)


def plans_are_valid(trial: Trial) -> Iterator[Finding]:
    """Check shapes, types and ranges of plans, and that weights sum to one.

    Plans are made for ordinary, odd, tiny and one-row batches, and at every step of a training.
    """
    for n, steps in [*((n, (0,)) for n in SIZES), (ROWS, range(1, STEPS))]:
        seen = "as expected"
        for step in steps:
            plan = trial.plan(n, step=step)
            try:
                check_plan(plan, n, len(trial.rows(n, step)) - n)
                if plan.weight is not None and abs(float(plan.weight.sum()) - 1) > 1e-4:
                    seen = f"the weights sum to {float(plan.weight.sum()):.4g}"
            except ValueError as error:
                seen = str(error)
            if seen != "as expected":
                seen += f", at progress {step / STEPS:.2f}" if step else ""
                break
        tried = f"plan of {n} rows" if len(steps) == 1 else f"plans of {STEPS} steps, from progress 0 to 1"
        expected = "shapes, types and ranges of the contract; weights that sum to one"
        yield judged(trial, "plan is valid", seen == "as expected", tried, expected, seen)


def objective_is_a_number(trial: Trial) -> Iterator[Finding]:
    """Check that the objective is a finite scalar with a finite gradient, for every size of batch."""
    for n, step in [*((n, 0) for n in SIZES), (ROWS, STEPS - 1)]:
        state, batch = map_leaves(lambda leaf: leaf.requires_grad_(), trial.state(n, step)), trial.batch(n, step)
        value = step_loss(trial.method, trial.tail(), state, batch, trial.plan(n, step=step), trial.loss)
        (gradient,) = torch.autograd.grad(value, [first_leaf(state)])
        good = value.dim() == 0 and bool(torch.isfinite(value)) and bool(torch.isfinite(gradient).all())
        yield judged(
            trial,
            "objective is a number",
            good,
            f"the objective of {n} rows and its gradient",
            "a finite scalar, finite gradients",
            f"{list(value.shape)} {value.detach()}",
            "objective",
        )


def ones_change_nothing(trial: Trial) -> Iterator[Finding]:
    """Check that mix() returns the own rows if wx and wy are replaced by 1; one that augments may return others."""
    if type(trial.method).augments:
        return
    steps = STEPS if overrides_mix(trial) else 3
    off, exact = torch.zeros(1), True
    for step in range(steps):
        plan, state = trial.plan(step=step), trial.state(ROWS, step)
        own = [leaf if plan.own is None else leaf[plan.own] for leaf in leaves_of(state)]
        mixed = leaves_of(trial.method.mix(state, own_alone(plan)))
        exact = exact and all(torch.equal(a, b) for a, b in zip(mixed, own, strict=True))
        off = off + (mixed[0] - own[0]) / steps
    worst = float(off.abs().mean())
    yield judged(
        trial,
        "shares of 1 change nothing",
        exact or worst < 0.05,
        "mix() of a plan with wx = wy = 1",
        "the own rows (noise: on average)",
        f"off by {worst:.3g} on average",
        "mix",
    )


def mixes_the_rows_it_names(trial: Trial) -> Iterator[Finding]:
    """Check that constant rows mix to wx own + (1 - wx) partner, with the plan's own rows and partners.

    An augmentation without partners (pairing = "none") may do to its own rows what it likes. Of a method that augments
    besides, one value of a row is enough.
    """
    if type(trial.method).pairing == "none":
        return
    steps, off = STEPS if overrides_mix(trial) else 3, 0.0
    for step in range(steps):
        plan, state = trial.plan(step=step), trial.state(ROWS, step)
        number, rows = torch.arange(len(first_leaf(state)), dtype=torch.float32), numbered(state)
        values = first_leaf(trial.method.mix(rows, plan)).flatten(1)
        parts = [mean_share(t.wx) * (number if t.rows is None else number[t.rows]) for t in terms(plan)]
        wanted = torch.stack(parts).sum(0)
        gaps = (values - wanted[:, None]).abs().amin(1) if type(trial.method).augments else values.mean(1) - wanted
        off += float(gaps.abs().mean()) / steps
    allowed = 0.05 * ROWS if overrides_mix(trial) else 1e-3
    yield judged(
        trial,
        "mixes the rows it names",
        off < allowed,
        "mix() of rows that are constant, each its own number",
        "wx * own + (1 - wx) * partner, by the plan's own rows and partners",
        f"off by {off:.3g} on average",
        "mix",
    )


def shares_agree(trial: Trial) -> Iterator[Finding]:
    """Check wy against the mean of wx, by the label that the class declares."""
    declared = type(trial.method).label
    gaps, turned, hard = [], [], []
    for step in range(0, STEPS, 3):
        plan = trial.plan(step=step)
        first = terms(plan)[0]
        gaps.append(max(float((term.wy - mean_share(term.wx)).abs().max()) for term in terms(plan)))
        turned.append(float((first.wy - (1 - mean_share(first.wx))).abs().max()))
        hard.append(float((1 - first.wy).abs().max()))
    seen = f"wy differs from wx's mean by up to {max(gaps):.3g}"
    if max(turned) < 1e-4 < max(gaps):
        yield judged(
            trial,
            "target follows the signal",
            False,
            "wy against wx's mean over 20 steps",
            "wy is the own row's share",
            "wy is 1 - wx's mean: the partner's share",
        )
    elif declared == "matched":
        yield judged(trial, "target follows the signal", max(gaps) < 1e-4, 'label = "matched"', "wy is wx's mean", seen)
    elif declared == "own":
        yield judged(
            trial,
            "target is the own row's",
            max(hard) < 1e-6,
            'label = "own"',
            "wy is 1",
            f"wy is off 1 by up to {max(hard):.3g}",
        )
    elif declared is None:
        yield Finding(
            "note",
            "target follows the signal",
            trial.name,
            "no label declared",
            'label = "matched", "own" or "free"',
            seen,
            trial.where("plan"),
        )


def rate_of_mixing(trial: Trial) -> Iterator[Finding]:
    """Report the share of rows that are mixed with another row; none is a problem unless pairing is "none"."""
    if not trial.method.mixes and type(trial.method).pairing != "none":
        return
    mixed, own = [], []
    for step in range(STEPS):
        plan = trial.plan(step=step)
        share = own_share(plan)
        place = torch.arange(ROWS) if plan.own is None else plan.own
        other = (plan.partner.reshape(len(share), -1) != place[:, None]).any(1)
        mixed.append(float((other & (share < 1)).float().mean()))
        own.append(float(share.mean()))
    rate = float(np.mean(mixed))
    seen = f"{rate:.0%} of the rows are mixed, the own share is {np.mean(own):.2f} on average"
    if rate == 0 and type(trial.method).pairing != "none":
        yield judged(
            trial, "it mixes", False, f"plans of {STEPS} steps", 'rows that are mixed (or pairing = "none")', seen
        )
    else:
        yield Finding("note", "it mixes", trial.name, f"plans of {STEPS} steps", "", seen)


def rows_are_named(trial: Trial) -> Iterator[Finding]:
    """Check that plans name each row of the batch, and those that more_rows asks for.

    A method may ask for rows to choose among them, so some may never be named at their place. Half of them is too much.
    """
    named, asked = set[int](), 0
    for step in range(STEPS):
        plan = trial.plan(step=step)
        named |= {int(row) for term in terms(plan) for row in (torch.arange(ROWS) if term.rows is None else term.rows)}
        asked = max(asked, len(trial.rows(ROWS, step)) - ROWS)
    name, tried = "rows are named", f"own and partner in plans of {STEPS} steps"
    left = sorted(set(range(ROWS)) - named)
    seen = f"no plan names row {', '.join(map(str, left))}"
    yield judged(trial, name, not left, tried, "each of the batch's rows in some plan", seen)
    if asked and type(trial.method).objective is Method.objective:
        used = sum(row >= ROWS for row in named)
        seen = f"{used} of {asked} are ever named"
        yield judged(trial, name, 2 * used > asked, tried, "the rows that more_rows asks for", seen, "more_rows")
