"""Is a method right? The conformance kit: ``mixsuite check METHOD``, and for pytest

    from mixsuite.testing import check, problems

    def test_my_method():
        assert problems(check("./my_method.py(alpha=0.4)")) == []

A method is tried on made-up rows of every domain and kind of target where it applies. Each finding says what
was tried, what was expected, what was seen, and where.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import random
import traceback
from abc import ABC
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import methodcaller
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mixsuite.domains.contract import first_leaf
from mixsuite.mixing import Batch, Method, Plan, TaskInfo, TrainInfo
from mixsuite.mixing.engine import Loss, State, Tail, check_plan, join, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.resolve import make_method, resolve_method
from mixsuite.rng import Rng

ROWS = 16  # of the ordinary batch
SIZES = (ROWS, 7, 2, 1)  # ordinary, odd, tiny, one row
STEPS = 60  # over which rates and means are taken, from the beginning of a training to its end
Status = Literal["ok", "problem", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    status: ok; problem (the method is wrong); or note (to be known, not judged).
    sample: the made-up task; where: file and line.
    """

    status: Status
    check: str
    sample: str
    tried: str
    expected: str
    seen: str
    where: str = ""

    def __str__(self) -> str:
        lines = [f"{self.status:7s} {self.check} ({self.sample})"]
        if self.status != "ok":
            told = {"tried": self.tried, "expected": self.expected, "seen": self.seen, "where": self.where}
            lines += [f"        {name + ':':10s}{text}" for name, text in told.items() if text]
        return "\n".join(lines)


def problems(findings: list[Finding]) -> list[Finding]:
    """Those that say that the method is wrong."""
    return [f for f in findings if f.status == "problem"]


def grouped(findings: list[Finding]) -> list[Finding]:
    """Findings that say the same of several samples as one, in the order in which they came first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        groups.setdefault((f.status, f.check, f.expected, f.seen, f.where), []).append(f)
    return [
        replace(
            same[0],
            sample="; ".join(dict.fromkeys(f.sample for f in same)),
            tried="; ".join(dict.fromkeys(f.tried for f in same)),
        )
        for same in groups.values()
    ]


@dataclass(frozen=True)
class Sample:
    """Made-up rows of one domain and one kind of target. sites: name -> state [ROWS, ...] there."""

    domain: str
    target: str  # "class", "soft", "multilabel", "regression"
    sites: dict[str, State]
    y: Tensor
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.domain}, {self.target}"

    @property
    def kind(self) -> str:
        """As a task says it: soft targets are a kind of class."""
        return "class" if self.target == "soft" else self.target

    @property
    def classes(self) -> int:
        return int(self.y.max()) + 1 if self.y.dim() == 1 else self.y.shape[1]

    def info(self, batch: int) -> TaskInfo:
        shapes = {name: tuple(first_leaf(h).shape[1:]) for name, h in self.sites.items()}
        return TaskInfo(self.domain, self.kind, self.classes, shapes, batch, ROWS)


def samples(domains: Sequence[str] = ()) -> list[Sample]:
    """Every domain with classes, and each other kind of target once where it is at home; the domains of theory and of
    toys where they are among ``domains``, those that a method is made for."""
    g = torch.Generator().manual_seed(20)

    def normal(*shape: int) -> Tensor:
        return torch.randn(ROWS, *shape, generator=g)

    clip, graph = torch.ones(ROWS, 1, 12), torch.ones(ROWS, 7, 1)
    clip[::3, :, 8:], graph[::3, 5:] = 0, 0
    adjacency = (torch.rand(ROWS, 7, 7, generator=g) < 0.5).float().triu(1) * graph * graph.transpose(1, 2)
    category = torch.nn.functional.one_hot(torch.randint(3, (ROWS,), generator=g), 3).float()
    states: dict[str, dict[str, State]] = {
        "images": {"input": normal(3, 8, 8), "hidden": normal(4, 8, 8), "embedding": normal(8)},
        "tabular": {
            "input": torch.cat([normal(2), category, normal(1)], 1),
            "hidden": normal(8),
            "embedding": normal(8),
        },
        "speech": {
            "input": (normal(5, 12) * clip, clip),
            "hidden": (normal(6, 12) * clip, clip),
            "embedding": normal(8),
        },
        "graphs": {
            "input": (normal(7, 4) * graph, adjacency + adjacency.transpose(1, 2), graph),
            "hidden": (normal(7, 6) * graph, adjacency + adjacency.transpose(1, 2), graph),
            "embedding": normal(8),
        },
        "patches": {"input": normal(3, 5), "hidden": normal(3, 6)},
        "points": {"input": (normal(2), normal(2)), "hidden": (normal(2), normal(2))},
    }
    toys = {"patches": "class", "points": "multilabel"}
    hard = torch.tensor([0, 0, 0, 1, 2, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1])
    targets = {
        "class": hard,
        "soft": torch.rand(ROWS, 3, generator=g).softmax(1),
        "multilabel": (torch.rand(ROWS, 4, generator=g) < 0.4).double(),
        "regression": torch.randn(ROWS, 1, generator=g).double(),
    }
    wanted = [(domain, "class") for domain in states if domain not in toys]
    wanted += [("images", "soft"), ("images", "multilabel"), ("tabular", "regression")]
    wanted += [(domain, target) for domain, target in toys.items() if domain in domains]
    groups = {"tabular": (0, 1, 2, 2, 2, 3)}
    return [Sample(domain, t, states[domain], targets[t], groups.get(domain, ())) for domain, t in wanted]


def _map(f: Callable[[Tensor], Tensor], h: State) -> State:
    """f of every leaf. The domains' map_leaves takes ragged states too, which nothing mixes."""
    return tuple(f(leaf) for leaf in h) if isinstance(h, tuple) else f(h)


def _leaves(h: State) -> tuple[Tensor, ...]:
    return h if isinstance(h, tuple) else (h,)


@dataclass(frozen=True)
class Trial:
    """A method on a sample, at one site."""

    method: Method
    sample: Sample
    site: str

    @property
    def name(self) -> str:
        return self.sample.name if self.site == "input" else f"{self.sample.name}, {self.site}"

    @cached_property
    def stats(self) -> dict[str, Tensor]:
        s = self.sample
        return self.method.prepare(TrainInfo(s.sites["input"], s.y, ROWS, s.classes, s.kind, s.groups))

    def state(self, n: int) -> State:
        return _map(lambda leaf: leaf[:n].clone(), self.sample.sites[self.site])

    def batch(self, n: int, progress: float = 0.0) -> Batch:
        seen = _map(lambda leaf: leaf[:n].clone(), self.sample.sites["input"]) if self.method.needs_x else None
        shape = tuple(first_leaf(self.sample.sites[self.site]).shape[1:])
        return Batch(self.sample.y[:n].clone(), shape, torch.tensor(progress), self.stats, seen)

    def plan(self, n: int = ROWS, seed: int = 0, step: int = 0) -> Plan:
        """The plan of one of STEPS steps."""
        rng = self._streams.setdefault((n, seed), Rng(seed, n))  # holds blocks of draws
        return self.method.plan(self.batch(n, step / STEPS), rng.at(step))

    @cached_property
    def _streams(self) -> dict[tuple[int, int], Rng]:
        return {}

    def tail(self) -> Tail:
        """A small smooth model behind the site, the same every time."""
        width = first_leaf(self.sample.sites[self.site])[0].numel()
        g = torch.Generator().manual_seed(21)
        one = torch.randn(width, 10, generator=g) / width**0.5
        other = torch.randn(10, self.sample.classes, generator=g)
        return Tail(lambda h: torch.tanh(first_leaf(h).flatten(1).float() @ one) @ other)

    @property
    def loss(self) -> Loss:
        return LOSSES[self.sample.kind]

    def where(self, name: str) -> str:
        """File and line of one of the method's own functions."""
        return _line_of(type(self.method), name)


def _own_files(cls: type) -> set[str | None]:
    """The files of a method's own classes: not the contract's."""
    return {inspect.getsourcefile(base) for base in cls.__mro__ if base not in (Method, ABC, object)}


def _line_of(cls: type, name: str) -> str:
    """Where a method defines a function, else its plan."""
    for wanted in (name, "plan"):
        with contextlib.suppress(OSError, TypeError):
            function = inspect.unwrap(getattr(cls, wanted))
            if inspect.getsourcefile(function) in _own_files(cls):
                return f"{inspect.getsourcefile(function)}, line {inspect.getsourcelines(function)[1]}"
    return ""


Check = Callable[[Trial], Iterator[Finding]]


def _report(trial: Trial, check: str, good: bool, tried: str, expected: str, seen: str, at: str = "plan") -> Finding:
    status: Status = "ok" if good else "problem"
    return Finding(status, check, trial.name, tried, expected, seen, "" if good else trial.where(at))


def plans_are_valid(trial: Trial) -> Iterator[Finding]:
    """Shapes, types, ranges, weights that sum to one, for ordinary, odd, tiny and one-row batches, and at every step
    of a training."""
    for n, steps in [*((n, (0,)) for n in SIZES), (ROWS, range(1, STEPS))]:
        seen = "as expected"
        for step in steps:
            plan = trial.plan(n, step=step)
            try:
                check_plan(plan, n)
                if plan.weight is not None and abs(float(plan.weight.sum()) - 1) > 1e-4:
                    seen = f"the weights sum to {float(plan.weight.sum()):.4g}"
            except ValueError as error:
                seen = str(error)
            if seen != "as expected":
                seen += f", at progress {step / STEPS:.2f}" if step else ""
                break
        tried = f"plan of {n} rows" if len(steps) == 1 else f"plans of {STEPS} steps, from progress 0 to 1"
        expected = "shapes, types and ranges of the contract; weights that sum to one"
        yield _report(trial, "plan is valid", seen == "as expected", tried, expected, seen)


def objective_is_a_number(trial: Trial) -> Iterator[Finding]:
    """A finite scalar with a finite gradient, for every size of batch."""
    for n, step in [*((n, 0) for n in SIZES), (ROWS, STEPS - 1)]:
        state, batch = _map(lambda leaf: leaf.requires_grad_(), trial.state(n)), trial.batch(n, step / STEPS)
        value = step_loss(trial.method, trial.tail(), state, batch, trial.plan(n, step=step), trial.loss)
        (gradient,) = torch.autograd.grad(value, [first_leaf(state)])
        good = value.dim() == 0 and bool(torch.isfinite(value)) and bool(torch.isfinite(gradient).all())
        yield _report(
            trial,
            "objective is a number",
            good,
            f"the objective of {n} rows and its gradient",
            "a finite scalar, finite gradients",
            f"{list(value.shape)} {value.detach()}",
            "objective",
        )


def ones_change_nothing(trial: Trial) -> Iterator[Finding]:
    """With wx and wy replaced by 1 the mixed state is the own rows."""
    steps = STEPS if _overrides_mix(trial) else 3
    off, exact = torch.zeros(1), True
    for step in range(steps):
        plan, state = trial.plan(step=step), trial.state(ROWS)
        own = [leaf if plan.own is None else leaf[plan.own] for leaf in _leaves(state)]
        mixed = _leaves(
            trial.method.mix(state, plan._replace(wx=torch.ones_like(plan.wx), wy=torch.ones_like(plan.wy)))
        )
        exact = exact and all(torch.equal(a, b) for a, b in zip(mixed, own, strict=True))
        off = off + (mixed[0] - own[0]) / steps
    worst = float(off.abs().mean())
    yield _report(
        trial,
        "shares of 1 change nothing",
        exact or worst < 0.05,
        "mix() of a plan with wx = wy = 1",
        "the own rows (noise: on average)",
        f"off by {worst:.3g} on average",
        "mix",
    )


def _overrides_mix(trial: Trial) -> bool:
    """A mix() of its own may add noise: it is then looked at on average."""
    return type(trial.method).mix is not Method.mix


def _own_share(plan: Plan) -> Tensor:
    """The mean of wx for each row. [N]"""
    return plan.wx.flatten(1).mean(1) if plan.wx.dim() > 1 else plan.wx


def mixes_the_rows_it_names(trial: Trial) -> Iterator[Finding]:
    """Of constant rows the mixed value is wx own + (1 - wx) partner, for the plan's own rows and partners."""
    state, steps = trial.state(ROWS), STEPS if _overrides_mix(trial) else 3
    number = torch.arange(ROWS, dtype=torch.float32)
    first = number.reshape(-1, *[1] * (first_leaf(state).dim() - 1)).expand_as(first_leaf(state)).clone()
    rows = (first, *(torch.ones_like(leaf) for leaf in state[1:])) if isinstance(state, tuple) else first
    off = 0.0
    for step in range(steps):
        plan = trial.plan(step=step)
        mixed, share = first_leaf(trial.method.mix(rows, plan)).flatten(1).mean(1), _own_share(plan)
        own = number if plan.own is None else number[plan.own]
        off += float((mixed - (share * own + (1 - share) * number[plan.partner])).abs().mean()) / steps
    allowed = 0.05 * ROWS if _overrides_mix(trial) else 1e-3
    yield _report(
        trial,
        "mixes the rows it names",
        off < allowed,
        "mix() of rows that are constant, each its own number",
        "wx * own + (1 - wx) * partner, by the plan's own rows and partners",
        f"off by {off:.3g} on average",
        "mix",
    )


def shares_agree(trial: Trial) -> Iterator[Finding]:
    """wy against the mean of wx, as the class declares its label."""
    declared = type(trial.method).label
    gaps, turned, hard = [], [], []
    for step in range(0, STEPS, 3):
        plan = trial.plan(step=step)
        share = _own_share(plan)
        gaps.append(float((plan.wy - share).abs().max()))
        turned.append(float((plan.wy - (1 - share)).abs().max()))
        hard.append(float((1 - plan.wy).abs().max()))
    seen = f"wy differs from wx's mean by up to {max(gaps):.3g}"
    if max(turned) < 1e-4 < max(gaps):
        yield _report(
            trial,
            "target follows the signal",
            False,
            "wy against wx's mean over 20 steps",
            "wy is the own row's share",
            "wy is 1 - wx's mean: the partner's share",
        )
    elif declared == "matched":
        yield _report(
            trial, "target follows the signal", max(gaps) < 1e-4, 'label = "matched"', "wy is wx's mean", seen
        )
    elif declared == "own":
        yield _report(
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
    """How many rows get something of another row, by a plan that is looked at."""
    if not trial.method.mixes and type(trial.method).pairing != "none":
        return
    mixed, own = [], []
    for step in range(STEPS):
        plan = trial.plan(step=step)
        share = _own_share(plan)
        place = torch.arange(ROWS) if plan.own is None else plan.own
        mixed.append(float(((plan.partner != place) & (share < 1)).float().mean()))
        own.append(float(share.mean()))
    rate = float(np.mean(mixed))
    seen = f"{rate:.0%} of the rows are mixed, the own share is {np.mean(own):.2f} on average"
    if rate == 0 and type(trial.method).pairing != "none":
        yield _report(
            trial, "it mixes", False, f"plans of {STEPS} steps", 'rows that are mixed (or pairing = "none")', seen
        )
    else:
        yield Finding("note", "it mixes", trial.name, f"plans of {STEPS} steps", "", seen)


def half_precision(trial: Trial) -> Iterator[Finding]:
    """float16 and bfloat16 states stay so and are mixed as float32 ones, up to rounding."""
    plan = trial.plan()
    wide = _leaves(trial.method.mix(trial.state(ROWS), plan))
    for dtype in (torch.float16, torch.bfloat16):
        low = _leaves(trial.method.mix(_map(methodcaller("to", dtype), trial.state(ROWS)), plan))
        kept = all(leaf.dtype == dtype for leaf in low)
        gap = max(float((a.float() - b).abs().max()) for a, b in zip(low, wide, strict=True))
        yield _report(
            trial,
            "half precision",
            kept and gap < 0.1,
            f"mix() of {dtype} states",
            f"{dtype}, as float32 up to rounding",
            f"{low[0].dtype}, off by {gap:.3g}",
            "mix",
        )


def inputs_stay(trial: Trial) -> Iterator[Finding]:
    """Nothing that comes in is written to."""
    state, batch = trial.state(ROWS), trial.batch(ROWS)
    given = {"the state": _leaves(state), "y": (batch.y,), "stats": tuple(batch.stats.values())}
    if batch.x is not None:
        given["x"] = _leaves(batch.x)
    before = {name: [t.clone() for t in tensors] for name, tensors in given.items()}
    plan = trial.method.plan(batch, Rng(0, ROWS).at(0))
    with contextlib.suppress(Exception):  # whether the objective works is asked elsewhere
        step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss)
    changed = [n for n, tensors in given.items() if not all(map(torch.equal, tensors, before[n]))]
    yield _report(
        trial,
        "inputs are not written to",
        not changed,
        "plan() and objective()",
        "the state, y, x and stats as before",
        f"changed: {', '.join(changed)}",
    )


def _same(a: Any, b: Any) -> bool:
    return (
        type(a) is type(b)
        and len(a) == len(b)
        and all(
            (x is None and y is None) or (x is not None and y is not None and torch.equal(x, y))
            for x, y in zip(a, b, strict=True)
        )
    )


def _global_state() -> tuple[Any, ...]:
    return torch.random.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()  # noqa: NPY002


def no_global_generator(trial: Trial) -> Iterator[Finding]:
    """torch's, numpy's and Python's global generators are neither read nor changed."""
    kept = torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        plans, changed = [], False
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            before = _global_state()
            plan = trial.plan(step=3)
            mixed = trial.method.mix(trial.state(ROWS), plan)
            plans.append((*plan, *_leaves(mixed)))
            changed = changed or before != _global_state()
    finally:
        torch.random.set_rng_state(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
        random.setstate(kept[2])
    expected = "draws from rng alone"
    yield _report(
        trial,
        "no global generator is read",
        _same(*plans),
        "the same plan under two global seeds",
        expected,
        "two plans",
    )
    yield _report(
        trial,
        "no global generator is changed",
        not changed,
        "global generators before and after",
        expected,
        "another state",
    )


def a_function_of_its_seed(trial: Trial) -> Iterator[Finding]:
    """The same seed and step give the same bytes, whatever was planned before; another seed gives others."""
    alone = trial.method.plan(trial.batch(ROWS), Rng(0, ROWS).at(5))
    rng = Rng(0, ROWS)
    for step in range(5):
        trial.method.plan(trial.batch(ROWS), rng.at(step))
    later = trial.method.plan(trial.batch(ROWS), rng.at(5))
    yield _report(
        trial,
        "same seed, same bytes",
        _same(alone, later),
        "step 5 alone, and after steps 0 to 4",
        "the same plan",
        "two plans",
    )


def others_draw_the_same(trial: Trial) -> Iterator[Finding]:
    """Drawing leaves the generator as it was for the next user of the same step."""
    rng = Rng(0, ROWS)
    fresh = Rng(0, ROWS).at(4)
    trial.method.plan(trial.batch(ROWS), rng.at(4))
    rng.at(4)
    same = torch.equal(rng.beta(1, 1, ROWS), fresh.beta(1, 1, ROWS)) and torch.equal(
        rng.permutation(ROWS), fresh.permutation(ROWS)
    )
    yield _report(
        trial,
        "others draw the same",
        same,
        "lambda and partners of a step, after this method's plan",
        "what mixup draws without it",
        "other draws",
    )


_SYNCS = {"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__", "nonzero", "cpu", "unique"}


class _Syncs(TorchFunctionMode):
    """Records calls for which the host waits for the device, with the line that made them."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in _SYNCS:
            lines = [f for f in traceback.extract_stack() if f.filename == self.path]
            if lines:
                self.found.append(f"{name} in line {lines[-1].lineno}")
        return func(*args, **(kwargs or {}))


def no_host_sync(trial: Trial) -> Iterator[Finding]:
    """No .item(), .tolist(), bool(tensor) and the like inside plan, mix and objective."""
    path = inspect.getsourcefile(type(trial.method)) or ""
    watch = _Syncs(path)
    state, batch = trial.state(ROWS), trial.batch(ROWS)
    with watch:
        plan = trial.method.plan(batch, Rng(0, ROWS).at(0))
        with contextlib.suppress(Exception):  # whether the objective works is asked elsewhere
            step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss)
    seen = ", ".join(dict.fromkeys(watch.found)) or "none"
    if not type(trial.method).vectorised:
        yield Finding(
            "note", "no host sync", trial.name, "plan, mix, objective", "vectorised = False: not judged", seen
        )
    else:
        yield _report(
            trial,
            "no host sync",
            not watch.found,
            "plan, mix and objective",
            "no call for which the host waits for the device",
            seen,
        )


def no_recompile(trial: Trial) -> Iterator[Finding]:
    """mix() compiled once serves every lambda."""
    count = 0

    def backend(graph: Any, _: Any) -> Any:
        nonlocal count
        count += 1
        return graph.forward

    torch._dynamo.reset()
    state, counts = trial.state(ROWS), []
    logging.disable(logging.CRITICAL)  # an author is told below, in one line
    try:
        compiled = torch.compile(trial.method.mix, backend=backend, dynamic=False)
        for step in range(4):
            compiled(state, trial.plan(step=step))
            counts.append(count)
    finally:
        logging.disable(logging.NOTSET)
        torch._dynamo.reset()
    yield _report(
        trial,
        "no recompile when lambda changes",
        counts[0] == counts[-1],
        "mix() compiled, four steps",
        "what the first step compiled serves all",
        f"compiled {counts[-1]} graphs, {counts[0]} at the first step",
        "mix",
    )


def stacks(trial: Trial) -> Iterator[Finding]:
    """Plans of two seeds have one shape, and the objective of two runs' rows together is that of each alone: so seeds
    can be trained side by side. Or the method is not stackable."""
    if not trial.method.stackable:
        yield Finding("note", "stackable", trial.name, "stackable is False", "not judged", "declared")
        return
    shapes = {
        tuple((None if v is None else (tuple(v.shape), v.dtype)) for v in trial.plan(seed=s, step=t))
        for s, t in ((0, 0), (0, 9), (1, 0))
    }
    alike, tried = len(shapes) == 1, "plans of two seeds and two steps"
    yield _report(trial, "stackable", alike, tried, "one shape (or stackable = False)", f"{len(shapes)} shapes")
    if not alike:
        return
    plans, batch, tail = [trial.plan(seed=seed) for seed in (0, 1)], trial.batch(ROWS), trial.tail()
    alone = [step_loss(trial.method, tail, trial.state(ROWS), batch, plan, trial.loss) for plan in plans]
    both = batch._replace(y=torch.cat([batch.y, batch.y]), x=None, stats={}, runs=2)
    twice = _map(lambda leaf: torch.cat([leaf, leaf]), trial.state(ROWS))
    together = step_loss(trial.method, tail, twice, both, join(plans, ROWS), trial.loss)
    yield _report(
        trial,
        "stackable",
        together.shape == (2,) and torch.allclose(together, torch.stack(alone), rtol=1e-4, atol=1e-6),
        "the objective of two runs' rows, one after another",
        f"one value a run, {[round(float(v), 5) for v in alone]} (or stackable = False)",
        f"{[round(v, 5) for v in together.flatten().tolist()]}",
        "objective" if type(trial.method).objective is not Method.objective else "mix",
    )


CHECKS: tuple[Check, ...] = (  # of methods whose plans are valid
    objective_is_a_number,
    ones_change_nothing,
    mixes_the_rows_it_names,
    shares_agree,
    rate_of_mixing,
    half_precision,
    inputs_stay,
    no_global_generator,
    a_function_of_its_seed,
    others_draw_the_same,
    no_host_sync,
    stacks,
)  # no_recompile compiles, which takes seconds: once per method


def check(method: str | Method, among: Sequence[Sample] | None = None) -> list[Finding]:
    """Try a method, given as "name(parameters)" or "./file.py(parameters)", on every sample, or on some.

    Where its plans are not valid, nothing more is asked of it on that sample.

    Raises:
        InputError: there is no such method, or its file cannot be imported or defines none.
    """
    made = make_method(resolve_method(method)) if isinstance(method, str) else method
    found: list[Finding] = []
    trials: list[Trial] = []
    for sample in among or samples(type(made).domains):
        applies = _applies(made, sample)
        if applies.status == "ok":
            sites = list(sample.sites) if made.site == "random" else [made.site]
            trials += [Trial(made, sample, site) for site in sites]
        else:
            found.append(applies)
    whole = []
    for trial in trials:
        first = _tried(plans_are_valid, trial)
        found += problems(first)[:1] or first
        if not problems(first):
            whole.append(trial)
            found += [f for one in CHECKS for f in _tried(one, trial)]
    if whole:
        found += _tried(no_recompile, whole[0])
    if not trials and not problems(found):
        seen = "; ".join(dict.fromkeys(f.seen for f in found)) or "none"
        found.append(Finding("problem", "applies somewhere", "all", "every sample", "one that it applies to", seen))
    return found


def _applies(method: Method, sample: Sample) -> Finding:
    """Whether a method applies to a sample, as the trainer asks: its domains, its site, reject()."""
    tried, reason = "domains, site and reject()", None
    if type(method).domains and sample.domain not in type(method).domains:
        reason = f"made for {', '.join(type(method).domains)}"
    elif method.site != "random" and method.site not in sample.sites:
        reason = f"no site '{method.site}' (there are {', '.join(sample.sites)}, random)"
    else:
        try:
            reason = method.reject(sample.info(ROWS))
        except Exception as error:
            return _raised("reject() answers", sample.name, method, error)
    if reason is None:
        return Finding("ok", "applies", sample.name, tried, "", "")
    if not isinstance(reason, str) or not reason:
        return Finding(
            "problem",
            "reject() answers",
            sample.name,
            tried,
            "None, or a reason in words",
            repr(reason),
            _line_of(type(method), "reject"),
        )
    return Finding("note", "applies", sample.name, tried, "", f"it does not: {reason}")


def _tried(one: Check, trial: Trial) -> list[Finding]:
    try:
        return list(one(trial))
    except Exception as error:
        return [_raised(one.__name__.replace("_", " "), trial.name, trial.method, error)]


def _raised(what: str, sample: str, method: Method, error: Exception) -> Finding:
    """An exception as a finding: the last line of it that stands in a file of the method's own."""
    files = _own_files(type(method))
    lines = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in files]
    where = f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else _line_of(type(method), "objective")
    said = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if lines and "batch.x" in (lines[-1].line or "") and not type(method).needs_x:
        said += " (batch.x is None unless the class says needs_x = True)"
    return Finding("problem", what, sample, what, "no exception", said, where)
