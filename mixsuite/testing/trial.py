"""A trial: a method on a sample at one site, with what the checks need of it."""

from __future__ import annotations

import contextlib
import copy
import inspect
from abc import ABC
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from mixsuite.data.state import first_leaf
from mixsuite.mixing import Batch, Method, Plan, TrainInfo
from mixsuite.mixing.engine import Loss, State, Tail
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.memory import memory_of
from mixsuite.mixing.plan import check_numbers, own_rows_first, terms
from mixsuite.mixing.rng import Rng
from mixsuite.testing.findings import Finding, Status
from mixsuite.testing.samples import ROWS, Sample

SIZES = (ROWS, 7, 2, 1)  # ordinary, odd, tiny, one row


STEPS = 60  # rates and means are taken over these steps, from the beginning of a training to its end


def map_leaves(f: Callable[[Tensor], Tensor], h: State) -> State:
    """Apply f to every leaf of a state. ``data.state.map_leaves`` takes ragged states too, which nothing mixes."""
    return tuple(f(leaf) for leaf in h) if isinstance(h, tuple) else f(h)


def leaves_of(h: State) -> tuple[Tensor, ...]:
    """The leaves of a state as a tuple."""
    return h if isinstance(h, tuple) else (h,)


class SmallNet(nn.Module):
    """[N, ...] -> [N, classes], smooth, with weights of its own generator."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        g = torch.Generator().manual_seed(21)
        self.first = nn.Parameter(torch.randn(width, 10, generator=g) / width**0.5, requires_grad=False)
        self.second = nn.Parameter(torch.randn(10, classes, generator=g), requires_grad=False)

    def forward(self, *h: Tensor | tuple[Tensor, ...]) -> Tensor:
        """A state, or its leaves one by one, as a teacher calls it."""
        leaf = first_leaf(h[0])
        return torch.tanh(leaf.flatten(1).float() @ self.first) @ self.second


def numbered(state: State) -> State:
    """The state with every value of a row's first leaf equal to the row's number, and of the others to 1."""
    first = first_leaf(state)
    number = torch.arange(len(first), dtype=torch.float32).reshape(-1, *[1] * (first.dim() - 1)).expand_as(first)
    return (
        (number.clone(), *(torch.ones_like(leaf) for leaf in state[1:])) if isinstance(state, tuple) else number.clone()
    )


@dataclass(frozen=True)
class Trial:
    """A method on a sample, at one site."""

    method: Method
    sample: Sample
    site: str

    @property
    def name(self) -> str:
        """The sample's name, with the site if it is a hidden one."""
        return self.sample.name if self.site == "input" else f"{self.sample.name}, {self.site}"

    @cached_property
    def stats(self) -> dict[str, Tensor]:
        """What the method's prepare() returns for the sample."""
        return self.method.prepare(self.train)

    @cached_property
    def _memory(self) -> nn.Module | None:
        """What the method's memory() makes for a small net, as it is before the first step."""
        return memory_of(self.method, self.net, self.train, torch.device("cpu"))

    @property
    def train(self) -> TrainInfo:
        """The sample as the training part, copied."""
        s = self.sample
        x = map_leaves(lambda leaf: leaf.clone(), s.sites["input"])
        return TrainInfo(x, s.y.clone(), ROWS, s.classes, s.kind, s.groups)

    def rows(self, n: int = ROWS, step: int = 0, seed: int = 0) -> Tensor:
        """Numbers of the sample's rows that a step sees: the first n, and those that the method asks for. [n + M]."""
        own = torch.arange(n)
        if type(self.method).more_rows is Method.more_rows:
            return own
        more = self.method.more_rows(self._batch_of(own, n, step), Rng(seed, n).at(step))
        if more is None:
            return own
        check_numbers(more, ROWS)
        return torch.cat([own, more])

    def state(self, n: int, step: int = 0, seed: int = 0) -> State:
        """A step's rows at the site, copied: leaves [n + M, ...]."""
        rows = self.rows(n, step, seed)
        return map_leaves(lambda leaf: leaf[rows].clone(), self.sample.sites[self.site])

    def batch(self, n: int, step: int = 0, seed: int = 0) -> Batch:
        """What the method sees of one of STEPS steps of n rows, with a memory as before the first step."""
        return self._batch_of(self.rows(n, step, seed), n, step)

    def _batch_of(self, rows: Tensor, n: int, step: int) -> Batch:
        x = map_leaves(lambda leaf: leaf[rows].clone(), self.sample.sites["input"]) if self.method.needs_x else None
        shape = tuple(first_leaf(self.sample.sites[self.site]).shape[1:])
        memory = copy.deepcopy(self._memory)
        return Batch(
            self.sample.y[rows].clone(), shape, torch.tensor(step / STEPS), self.stats, x, step=step, steps=STEPS,
            rows=rows if self.method.needs_rows else None, size=n, memory=memory,
        )  # fmt: skip

    def plan(self, n: int = ROWS, seed: int = 0, step: int = 0) -> Plan:
        """The method's plan for n rows at one of STEPS steps; it is made once."""
        if (n, seed, step) not in self._plans:
            rng = self._streams.setdefault((n, seed), Rng(seed, n))  # reused, since it holds blocks of draws
            self._plans[n, seed, step] = self.plan_of(self.batch(n, step, seed), rng.at(step))
        return self._plans[n, seed, step]

    def plan_of(self, batch: Batch, rng: Rng) -> Plan:
        """The method's plan for a batch, as the trainer takes it."""
        plan = self.method.plan(batch, rng)
        return own_rows_first(plan, batch.size) if len(batch.y) > batch.size and isinstance(plan, Plan) else plan

    @cached_property
    def _plans(self) -> dict[tuple[int, int, int], Plan]:
        return {}

    @cached_property
    def _streams(self) -> dict[tuple[int, int], Rng]:
        return {}

    @cached_property
    def net(self) -> nn.Module:
        """A small smooth model behind the site, the same in every call."""
        return SmallNet(first_leaf(self.sample.sites[self.site])[0].numel(), self.sample.classes)

    def tail(self) -> Tail:
        """The stages behind the site."""
        return Tail(self.net, self.net)

    @property
    def loss(self) -> Loss:
        """The loss of the sample's kind of target."""
        return LOSSES[self.sample.kind]

    def where(self, name: str) -> str:
        """The file and line of one of the method's own functions."""
        return line_of(type(self.method), name)


def own_files(cls: type) -> set[str | None]:
    """The files of a method's class and base classes, without the contract's."""
    return {inspect.getsourcefile(base) for base in cls.__mro__ if base not in (Method, ABC, object)}


def line_of(cls: type, name: str) -> str:
    """The file and line at which a method defines a function, else its plan; "" if neither is its own."""
    for attribute in (name, "plan"):
        with contextlib.suppress(OSError, TypeError):
            function = inspect.unwrap(getattr(cls, attribute))
            if inspect.getsourcefile(function) in own_files(cls):
                return f"{inspect.getsourcefile(function)}, line {inspect.getsourcelines(function)[1]}"
    return ""


Check = Callable[[Trial], Iterator[Finding]]


def judged(trial: Trial, check: str, good: bool, tried: str, expected: str, seen: str, at: str = "plan") -> Finding:
    """Make a finding: ok or a problem.

    Args:
        trial: the trial that was checked.
        check: name of the check.
        good: whether the method passed.
        tried: what was tried.
        expected: what was expected.
        seen: what was seen.
        at: the method's function whose line a problem names.
    """
    status: Status = "ok" if good else "problem"
    return Finding(status, check, trial.name, tried, expected, seen, "" if good else trial.where(at))


def overrides_mix(trial: Trial) -> bool:
    """Whether a method has its own mix(). It may add noise, so checks then look at averages."""
    return type(trial.method).mix is not Method.mix


def own_share(plan: Plan) -> Tensor:
    """The mean of the own row's wx for each row, [N]."""
    return mean_share(terms(plan)[0].wx)


def mean_share(wx: Tensor) -> Tensor:
    """The mean of a share [N, ...] for each row, [N]."""
    return wx.flatten(1).mean(1) if wx.dim() > 1 else wx


def own_alone(plan: Plan) -> Plan:
    """The plan with every share on the own row."""
    wx, wy = torch.ones_like(plan.wx), torch.ones_like(plan.wy)
    if plan.partner.dim() > 1:
        wx[:, 1:], wy[:, 1:] = 0, 0
    return plan._replace(wx=wx, wy=wy)


def same_tensors(one: Sequence[Tensor | None], other: Sequence[Tensor | None]) -> bool:
    """Whether two sequences hold the same values, bit for bit."""
    return len(one) == len(other) and all(
        (a is None and b is None) or (a is not None and b is not None and torch.equal(a, b))
        for a, b in zip(one, other, strict=True)
    )


def tensors_of(plan: Plan) -> list[Tensor | None]:
    """List every tensor of a plan."""
    return list(plan.tensors().values())
