"""Check what training sees: which rows an objective sends through the model, and which targets its loss weighs.

The plan alone does not tell: a method with an objective of its own may send other rows, or weigh other targets. So the
objective is run with a recording model and a loss that is linear in the outputs, -<out, one-hot target>. Then the
gradient with respect to the outputs of a pass is, row by row, minus the weight that each class has there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mixsuite.data.state import first_leaf
from mixsuite.mixing import Method, Plan, Tail, class_shares
from mixsuite.mixing.engine import State, step_loss
from mixsuite.mixing.plan import terms
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import Trial, judged, leaves_of, numbered

_STEPS = 12  # plans over which targets are compared


@dataclass
class Pass:
    """One pass through the recording model. h: what entered it. out: [N, classes] what came out."""

    h: State
    out: Tensor


@dataclass
class Recording:
    """What an objective did in one step.

    passes: those with a gradient, in their order.
    judged: the outputs whose loss it took.
    """

    passes: list[Pass] = field(default_factory=list)
    judged: list[Tensor] = field(default_factory=list)

    @property
    def trained(self) -> list[Pass]:
        """The passes whose outputs the loss was taken of."""
        return [one for one in self.passes if any(one.out is out for out in self.judged)]

    def tail(self, trial: Trial) -> Tail:
        """The trial's model, which records what is sent through it."""

        def run(h: State) -> Tensor:
            out: Tensor = trial.net(h)
            if torch.is_grad_enabled():
                out = out.detach().requires_grad_() if not out.requires_grad else out
                out.retain_grad()
                self.passes.append(Pass(h, out))
            return out

        return Tail(run, trial.net)


def recorded(trial: Trial, step: int, state: State | None = None) -> tuple[Recording, Plan]:
    """Run the objective of a step with the recording model and the linear loss, and differentiate it.

    state: the rows at the site; None: the sample's.
    """

    def linear(out: Tensor, y: Tensor) -> Tensor:
        recording.judged.append(out)
        return -(out * class_shares(y, trial.sample.classes, torch.float32).reshape(out.shape)).sum(1)

    batch, plan, recording = trial.batch(ROWS, step), trial.plan(step=step), Recording()
    state = trial.state(ROWS, step) if state is None else state
    state = tuple(leaf.requires_grad_() for leaf in state) if isinstance(state, tuple) else state.requires_grad_()
    step_loss(trial.method, recording.tail(trial), state, batch, plan, linear).backward()
    return recording, plan


def target_of(trial: Trial, plan: Plan, y: Tensor, turned: bool = False) -> Tensor:
    """The target of each mixed row by the plan, [N, classes]; with ``turned`` each row has its partner's share."""
    target = class_shares(y, trial.sample.classes, torch.float32)
    rows = [
        (torch.arange(len(plan.partner)) if term.rows is None else term.rows, term.wy.float()) for term in terms(plan)
    ]
    if turned:
        (own, mine), (partner, theirs) = rows[:2]
        rows[:2] = [(own, theirs), (partner, mine)]
    return torch.stack([wy[:, None] * target[row] for row, wy in rows]).sum(0)


def _mixes_by_itself(trial: Trial) -> Iterator[Finding]:
    """Check an objective that mixes by itself: rows that are constant, each its own number, show the shares it takes.

    With label = "matched" the loss must weigh the targets by these shares, of the plan's own rows and partners.
    """
    name, tried = "loss weighs the rows it mixes", f"the objective of {_STEPS} steps on rows that are their numbers"
    gaps = []
    for step in range(_STEPS):
        recording, plan = recorded(trial, step, numbered(trial.state(ROWS, step)))
        y = trial.batch(ROWS, step).y
        if plan.partner.dim() > 1:
            continue
        own = torch.arange(len(plan.partner)) if plan.own is None else plan.own
        apart = (own - plan.partner).float()
        for one in recording.trained:
            entered = first_leaf(one.h).detach().flatten(1).mean(1)
            if one.out.grad is None or len(entered) != len(own) or torch.allclose(entered, own.float()):
                continue
            share = (entered - plan.partner) / torch.where(apart == 0, 1, apart)
            weighed = -one.out.grad.reshape(len(entered), -1)
            weight = weighed.abs().sum(1, keepdim=True) * ((apart != 0) & (share > -0.01) & (share < 1.01))[:, None]
            taken = target_of(trial, plan._replace(wy=share), y)
            gaps.append(_gap(weighed / weighed.abs().sum(1, keepdim=True), taken, weight))
    if type(trial.method).label != "matched" or not gaps:
        why = "" if gaps else "no pass of mixed rows was seen; "
        yield Finding("note", name, trial.name, tried, "", f'{why}not judged unless label = "matched"')
        return
    off = sum(gaps) / len(gaps)
    expected = "own and partner's targets by their shares in the rows"
    yield judged(trial, name, off < 0.1, tried, expected, f"off by {off:.3g} a row", "objective")


def _gap(weighed: Tensor, targets: Tensor, weight: Tensor) -> float:
    """The mean distance of weights and targets, both as shares of their row's sum, over the rows that have any."""
    targets = targets / targets.abs().sum(1, keepdim=True)
    gaps = (weighed - targets).abs().sum(1)[weight[:, 0] > 1e-6 * weight.max()]
    gaps = gaps[gaps.isfinite()]
    return float(gaps.mean()) if len(gaps) else 0.0


def loss_weighs_the_plans_targets(trial: Trial) -> Iterator[Finding]:
    """Check that the mixed rows' loss weighs their targets as the plan says, for objectives of a method's own.

    It looks at the passes of the plan's mixed rows. There a swap is a problem: the weights are nearer to targets with
    own and partner's shares exchanged than to the plan's. Terms that a method adds may move weights otherwise.
    """
    if type(trial.method).objective is Method.objective or not trial.method.mixes:
        return
    right, wrong, mixed = 0.0, 0.0, 0
    for step in range(_STEPS):
        recording, plan = recorded(trial, step)
        wanted = leaves_of(trial.method.mix(trial.state(ROWS, step), plan))[0]
        y = trial.batch(ROWS, step).y
        for one in recording.trained:
            entered = first_leaf(one.h)
            if one.out.grad is None or entered.shape != wanted.shape or not torch.allclose(entered, wanted, atol=1e-5):
                continue
            mixed += 1
            weighed = -one.out.grad.reshape(len(entered), -1)
            weight = weighed.abs().sum(1, keepdim=True)
            plans, turned = (target_of(trial, plan, y, swap) for swap in (False, True))
            right += _gap(weighed / weight, plans, weight)
            wrong += _gap(weighed / weight, turned, weight)
    name, tried = (
        "loss weighs the plan's targets",
        f"the objective of {_STEPS} steps, with a loss linear in the outputs",
    )
    if not mixed:
        yield from _mixes_by_itself(trial)
        return
    seen = f"off the plan's targets by {right / mixed:.3g} a row, off the exchanged ones by {wrong / mixed:.3g}"
    good = right <= wrong + 1e-6 * mixed
    yield judged(trial, name, good, tried, "the plan's shares of own and partner", seen, "objective")
