"""Check what training sees: which rows an objective sends through the model, and which targets its loss weighs.

The plan alone does not tell: a method with an objective of its own may send other rows, or weigh other targets. So the
objective is run with a recording model and a loss that is linear in the outputs, -<out, one-hot target>. The gradient
of the objective with respect to a loss of a row is the weight of that loss. The losses with these weights, and no other
term of the objective, have a gradient with respect to the outputs of a pass: row by row, minus the weight that each
class has there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mixsuite.data.state import first_leaf
from mixsuite.mixing import Method, Plan, Tail, class_shares, two_term_loss
from mixsuite.mixing.engine import State, step_loss
from mixsuite.mixing.plan import terms
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import STEPS, Trial, judged, leaves_of, map_leaves, numbered

_STEPS = range(0, STEPS, 5)  # those whose plans and targets are compared
_OFF = 1e-3  # what rounding leaves of a row's weights
_OFF_BY_ITSELF = 1e-2  # the same where shares are read off numbered rows


@dataclass
class Pass:
    """One pass through the recording model.

    h:       what entered it.
    out:     [N, classes] what came out.
    weighed: [N, classes] the weight of each class in the losses of its rows; None if no loss counts.
    """

    h: State
    out: Tensor
    weighed: Tensor | None = None


@dataclass
class Recording:
    """What an objective did in one step.

    passes: those with a gradient, in their order.
    losses: [N] the losses that it took of outputs, in their order.
    weight: [N] the objective's gradient with respect to each of them; None for one that does not count.
    """

    passes: list[Pass] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)
    weight: list[Tensor | None] = field(default_factory=list)

    def tail(self, trial: Trial) -> Tail:
        """The trial's model, which records what is sent through it."""

        def run(h: State) -> Tensor:
            out: Tensor = trial.net(h)
            if torch.is_grad_enabled():
                out = out.detach().requires_grad_() if not out.requires_grad else out
                self.passes.append(Pass(h, out))
            return out

        return Tail(run, trial.net)

    def look(self, value: Tensor) -> None:
        """Find the weights of the losses in an objective's value, and those of the classes in each pass."""
        if not self.losses:
            return
        self.weight = list(torch.autograd.grad(value.sum(), self.losses, allow_unused=True, retain_graph=True))
        counted = [(loss, w) for loss, w in zip(self.losses, self.weight, strict=True) if w is not None]
        if not counted or not self.passes:
            return
        total = torch.stack([(loss * w.detach()).sum() for loss, w in counted]).sum()
        outs = [one.out for one in self.passes]
        for one, found in zip(self.passes, torch.autograd.grad(total, outs, allow_unused=True), strict=True):
            one.weighed = None if found is None else -found.reshape(len(found), -1)


def recorded(
    trial: Trial, step: int, state: State | None = None, row_weight: Tensor | None = None
) -> tuple[Recording, Plan]:
    """Run the objective of a step with the recording model and the linear loss.

    Args:
        trial: the method on a sample.
        step: one of STEPS.
        state: the rows at the site; None: the sample's.
        row_weight: [B] the data's own weights of rows, or None.
    """
    recording = Recording()

    def linear(out: Tensor, y: Tensor) -> Tensor:
        target = class_shares(y, trial.sample.classes, torch.float32)
        loss = -(out * target.reshape(out.shape)).reshape(len(out), -1).sum(1)
        if loss.requires_grad:
            recording.losses.append(loss)
        return loss

    batch, plan = trial.batch(ROWS, step)._replace(row_weight=row_weight), trial.plan(step=step)
    state = map_leaves(lambda leaf: leaf.requires_grad_(), trial.state(ROWS, step) if state is None else state)
    recording.look(step_loss(trial.method, recording.tail(trial), state, batch, plan, linear))
    return recording, plan


def target_of(trial: Trial, plan: Plan, y: Tensor, turned: bool = False, row_weight: Tensor | None = None) -> Tensor:
    """The target of each mixed row by the plan, [N, classes]; with ``turned`` each row has its partner's share.

    row_weight: [B] the data's weights, which multiply each row's part; None: none.
    """
    target = class_shares(y, trial.sample.classes, torch.float32)
    target = target if row_weight is None else row_weight[:, None] * target
    rows = [
        (torch.arange(len(plan.partner)) if term.rows is None else term.rows, term.wy.float()) for term in terms(plan)
    ]
    if turned:
        (own, mine), (partner, theirs) = rows[:2]
        rows[:2] = [(own, theirs), (partner, mine)]
    return torch.stack([wy[:, None] * target[row] for row, wy in rows]).sum(0)


def _off(weighed: Tensor, targets: Tensor) -> float:
    """The distance of weights [N, classes] to targets times one number for all, as a share of the targets."""
    scale = (weighed * targets).sum() / targets.square().sum()
    off = (weighed - scale * targets).abs().sum() / (scale.abs() * targets.abs().sum())
    return float(off) if scale > 0 else float("inf")


def _counts(weighed: Tensor | None) -> bool:
    return weighed is not None and bool(weighed.abs().sum() > 0)


def _of_mixed_rows(trial: Trial, recording: Recording, plan: Plan, step: int) -> Tensor | None:
    """The weights of classes in the passes of the plan's mixed rows together, [N, classes]; None: there is none."""
    wanted = leaves_of(trial.method.mix(trial.state(ROWS, step), plan))[0]
    found = [
        one.weighed
        for one in recording.passes
        if one.weighed is not None
        and first_leaf(one.h).shape == wanted.shape
        and torch.allclose(first_leaf(one.h), wanted, atol=1e-5)
    ]
    total = torch.stack(found).sum(0) if found else None
    return total if _counts(total) else None


def _row_weight(plan: Plan) -> Tensor:
    return torch.ones(len(plan.partner), 1) if plan.weight is None else plan.weight[:, None]


def _mixes_by_itself(trial: Trial) -> Iterator[Finding]:
    """Check an objective that mixes by itself: rows that are constant, each its own number, show the shares it takes.

    With label = "matched" the loss must weigh the targets by these shares, of the plan's own rows and partners.
    """
    name = "loss weighs the rows it mixes"
    tried = f"the objective of {len(_STEPS)} steps on rows that are their numbers"
    gaps = []
    for step in _STEPS:
        recording, plan = recorded(trial, step, numbered(trial.state(ROWS, step)))
        y = trial.batch(ROWS, step).y
        if plan.partner.dim() > 1:
            continue
        own = torch.arange(len(plan.partner)) if plan.own is None else plan.own
        apart = (own - plan.partner).float()
        for one in recording.passes:
            entered = first_leaf(one.h).detach().flatten(1).mean(1)
            if one.weighed is None or len(entered) != len(own) or torch.allclose(entered, own.float()):
                continue
            share = (entered - plan.partner) / torch.where(apart == 0, 1, apart)
            between = (apart != 0) & (share > -0.01) & (share < 1.01) & (one.weighed.abs().sum(1) > 0)
            if bool(between.any()):
                taken = target_of(trial, plan._replace(wy=share), y) * _row_weight(plan)
                gaps.append(_off(one.weighed[between], taken[between]))
    if type(trial.method).label != "matched" or not gaps:
        why = "" if gaps else "no pass of mixed rows was seen; "
        yield Finding("note", name, trial.name, tried, "", f'{why}not judged unless label = "matched"')
        return
    expected = "own and partner's targets by their shares in the rows"
    worst = max(gaps)
    yield judged(trial, name, worst < _OFF_BY_ITSELF, tried, expected, f"off by {worst:.3g} of them", "objective")


def loss_weighs_the_plans_targets(trial: Trial) -> Iterator[Finding]:
    """Check that the mixed rows' loss weighs their targets as the plan says, for objectives of a method's own.

    It looks at the passes of the plan's mixed rows, and at losses alone: what a method adds besides does not count.
    With label = "matched" every row must weigh its targets by the plan's shares, and rows must count as
    ``plan.weight`` says. With another label a swap is a problem: the weights are nearer to targets with own and
    partner's shares exchanged than to the plan's.
    """
    if type(trial.method).objective is Method.objective or not trial.method.mixes:
        return
    right, wrong = [], []
    for step in _STEPS:
        recording, plan = recorded(trial, step)
        weighed = _of_mixed_rows(trial, recording, plan, step)
        if weighed is None:
            continue
        y = trial.batch(ROWS, step).y
        plans, turned = (target_of(trial, plan, y, swap) * _row_weight(plan) for swap in (False, True))
        right.append(_off(weighed, plans))
        wrong.append(_off(weighed, turned))
    if not right:
        yield from _mixes_by_itself(trial)
        return
    name = "loss weighs the plan's targets"
    tried = f"the objective of {len(_STEPS)} steps, with a loss linear in the outputs"
    if type(trial.method).label == "matched":
        good, seen = max(right) < _OFF, f"off by up to {max(right):.3g} of them"
        expected = 'label = "matched": targets by the plan\'s shares, rows by its weights'
    else:
        good = sum(right) <= sum(wrong) + 1e-6
        seen = f"off the plan's targets by {sum(right) / len(right):.3g} of them, off the exchanged ones by "
        seen += f"{sum(wrong) / len(wrong):.3g}"
        expected = "the plan's shares of own and partner"
    yield judged(trial, name, good, tried, expected, seen, "objective")


def loss_counts(trial: Trial) -> Iterator[Finding]:
    """Check that some loss counts in an objective that takes any, and that the data's row weights multiply each."""
    if type(trial.method).objective is Method.objective:
        return
    alone: list[list[float]] = []
    twice: list[list[float]] = []
    shares: list[float] = []
    rows = trial.rows(ROWS)
    uneven = 0.5 + (torch.arange(len(rows)) % 5) / 4
    for step in _STEPS:
        plain, plan = recorded(trial, step)
        doubled, _ = recorded(trial, step, row_weight=torch.full((len(rows),), 2.0))
        for sums, recording in ((alone, plain), (twice, doubled)):
            sums.append([0.0 if w is None else float(w.sum()) for w in recording.weight])
        if type(trial.method).label == "matched" and trial.method.mixes:
            given, _ = recorded(trial, step, row_weight=uneven)
            weighed = _of_mixed_rows(trial, given, plan, step)
            wanted = target_of(trial, plan, trial.batch(ROWS, step).y, row_weight=uneven) * _row_weight(plan)
            shares += [] if weighed is None else [_off(weighed, wanted)]
    if not any(alone):
        yield Finding(
            "note", "loss counts", trial.name, "objective()", "", "it takes no loss of outputs with a gradient"
        )
        return
    largest = max(abs(value) for sums in alone for value in sums)
    tried = f"the weights of the losses in the objective of {len(_STEPS)} steps"
    yield judged(trial, "loss counts", largest > 0, tried, "a loss that counts", "every weight is 0", "objective")
    same = [
        place
        for one, two in zip(alone, twice, strict=True)
        for place, (a, b) in enumerate(zip(one, two, strict=False))
        if abs(a) > 1e-6 * largest and abs(b / a - 1) < _OFF
    ]
    seen = ", ".join(f"loss {place + 1}" for place in sorted(set(same))) + " weighs as without weights"
    tried = "batch.row_weight = 2 for every row, and None"
    yield judged(trial, "loss counts row weights", not same, tried, "twice the weight of a loss", seen, "objective")
    if shares and not same:
        tried = f"the objective of {len(_STEPS)} steps with a weight for each row of the data"
        yield judged(
            trial, "loss counts row weights", max(shares) < _OFF, tried,
            "own and partner's targets, each times its row's weight", f"off by up to {max(shares):.3g} of them",
            "objective",
        )  # fmt: skip


def mixes_alone(trial: Trial) -> Iterator[Finding]:
    """Check an objective that is declared to be the loss of the mixed rows and nothing else."""
    if type(trial.method).objective is Method.objective or not trial.method.mixes_alone:
        return
    gaps = []
    for step in _STEPS:
        batch, plan, state = trial.batch(ROWS, step), trial.plan(step=step), trial.state(ROWS, step)
        found = step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss)
        wanted = two_term_loss(trial.tail()(trial.method.mix(state, plan)), batch, plan, trial.loss)
        gaps.append(float((found - wanted).abs() / (1e-6 + wanted.abs())))
    yield judged(
        trial, "mixes_alone", max(gaps) < _OFF, f"the objective of {len(_STEPS)} steps",
        "the loss of the mixed rows and nothing else (or mixes_alone = False)", f"off by up to {max(gaps):.3g} of it",
        "objective",
    )  # fmt: skip
