"""The contract between a mixing method and everything else: Batch, TaskInfo, TrainInfo, Method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn

from mixsuite.mixing.engine import Loss, State, Tail, interpolate, two_term_loss
from mixsuite.mixing.plan import Plan
from mixsuite.mixing.rng import Rng
from mixsuite.plugins.entry import plain_name
from mixsuite.plugins.space import Range, check_space


class Batch(NamedTuple):
    """What a method sees of one step.

    y:          [B] int64 classes, [B, C] soft or multi-label targets, or [B, K] regression targets.
    shape:      shape of one row of the first leaf at the site, without the rows' axis.
    progress:   0-d tensor in [0, 1), the share of the steps already done.
    stats:      what ``prepare`` returned.
    x:          [B, ...] the input, detached, if the class sets needs_x = True; otherwise None.
    row_weight: [B] weights of the data's rows in the loss, or None.
    runs:       number of runs whose rows stand here one run after another; only ``objective`` sees more than 1.
    repeat_index: if the method repeats a batch for several steps, which of them this is, from 0.
    step, steps: numbers on the host: of this step, from 0, and of all steps (0 in a Mixer that was not told them). By
                them a law may change along the training at no cost: ``rng.beta(*law(batch.step), n)``.
    rows:       [B] int64 numbers of the rows in the training part; None in a Mixer that was not told them.
    size:       B. If ``more_rows`` asks for M further rows, everything here has B + M rows, the batch's own first.
    memory:     what ``memory`` made for the run, or None.
    """

    y: Tensor
    shape: tuple[int, ...]
    progress: Tensor
    stats: dict[str, Tensor]
    x: Any = None
    row_weight: Tensor | None = None
    runs: int = 1
    repeat_index: int = 0
    step: int = 0
    steps: int = 0
    rows: Tensor | None = None
    size: int = 0
    memory: nn.Module | None = None


class TaskInfo(NamedTuple):
    """What a method may know of a task before it trains.

    kind:    "class" | "multilabel" | "regression".
    classes: number of classes, labels or numbers to predict.
    sites:   name -> shape of one row of the first leaf there.
    batch:   rows per step, with the method's own ``batch`` multiplied in.
    rows:    number of training rows.
    """

    domain: str
    kind: str
    classes: int
    sites: dict[str, tuple[int, ...]]
    batch: int
    rows: int


class TrainInfo(NamedTuple):
    """The training part, for ``Method.prepare``.

    x:      [n, ...] as it enters the model, or behind its stages without weights (such as a spectrogram) if the method
            mixes there; the last leaf of a tuple is the validity mask.
    y:      [n, ...] targets.
    groups: source column of each column (tables), else ().
    """

    x: Any
    y: Tensor
    rows: int
    classes: int
    kind: str
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Method(ABC):
    """A mixing method. Write ``plan``; everything else has a default.

    site:   where to mix: the name of one of the task's sites, or "random", which draws one at each step.
    start:  share of training at which mixing starts (ERM before).
    stop:   share of training at which mixing stops (ERM afterwards).
    length: train this many times as long, with the schedule stretched: a control at equal compute.
    batch:  join this many successive batches: a control at equal compute.

    Class literals describe a method, and can be read without importing it:
    label       "matched" (wy is the mean of wx) | "own" (wy = 1) | "free"; None: not declared.
    pairing     how partners are chosen, in a word or two.
    lam_law     the law of lambda.
    rows        rows that come out for each row that goes in, as text.
    domains     domains it is meant for, by name, or by ``./file.py`` beside the method's file; () means all.
    kinds       kinds of target it takes, from "class", "multilabel" and "regression"; () means all.
    needs_x     True: batch.x is set.
    needs_rows  True: batch.rows is set, for a method that looks its rows up in a table of the training part.
    vectorised  False: plan works row by row in Python.
    space       parameter -> the range that `mixsuite tune` searches: Linear, Log, Whole or Choice; others stay as they
                are.
    capturable  whether all that changes from step to step in ``mix`` and ``objective`` is within tensors: they read no
                number of the step on the host. Then a GPU may record a step and replay it. A class that writes one of
                the two and does not declare it is not capturable: its steps run as they stand.
    augments    True: ``mix`` masks or disturbs rows besides, so that a share of 1 does not give a row as it was.

    Flags say how a method may be used. A class that overrides a function must declare the flags that depend on it:
    stackable     whether several seeds can train as one, with their batches joined to one batch. Then ``mix`` uses
                  row numbers only, and ``objective`` gives one value per run (``run_mean(per_row, batch.runs)``) and
                  does not read batch.stats. Declare it with ``mix`` or ``objective``; with ``more_rows`` or ``memory``
                  it is False.
    mixes_alone   whether the objective is the loss of the mixed rows and nothing else, so that a batch can be mixed
                  before a model sees it. Declare it with ``objective``.
    mixes         False: mix and objective ignore the plan, so the site does not matter.
    repeat_batch  number of successive steps that share a batch and its draws; batch.repeat_index tells them apart.
    """

    site: str = field(default="input", kw_only=True)
    start: float = field(default=0.0, kw_only=True)
    stop: float = field(default=1.0, kw_only=True)
    length: int = field(default=1, kw_only=True)
    batch: int = field(default=1, kw_only=True)

    label: ClassVar[str | None] = None
    pairing: ClassVar[str] = ""
    lam_law: ClassVar[str] = ""
    rows: ClassVar[str] = "1"
    domains: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[tuple[str, ...]] = ()
    needs_x: ClassVar[bool] = False
    needs_rows: ClassVar[bool] = False
    augments: ClassVar[bool] = False
    vectorised: ClassVar[bool] = True
    capturable: ClassVar[bool] = True
    space: ClassVar[dict[str, Range]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class that overrides a function without declaring the flags that depend on it.

        Raises:
            TypeError: a flag is not declared; the message gives the lines to write.
        """
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        check_space(cls.__name__, cls.space, {key for base in cls.__mro__ for key in get_annotations(base)})
        apart = {"more_rows", "memory"} & own.keys()  # of one run alone
        overridden = {
            "stackable": ({"mix", "objective"} & own.keys()) | apart,
            "mixes_alone": {"objective"} & own.keys(),
        }
        missing = [flag for flag, functions in overridden.items() if functions and flag not in own]
        if missing:
            written = ", ".join(sorted(set().union(*(overridden[flag] for flag in missing))))
            lines = ", ".join(f"{flag} = False" for flag in missing)
            raise TypeError(f"{cls.__name__} writes {written}: declare in the class, {lines} (or True; see Method)")
        if apart and own["stackable"] is not False:
            raise TypeError(
                f"{cls.__name__} writes {', '.join(sorted(apart))}: declare in the class, stackable = False"
            )
        inherits = any(vars(base).get("mixes") is False for base in cls.__mro__[1:])
        if inherits and {"plan", "mix", "objective"} & own.keys() and "mixes" not in own:
            raise TypeError(f"{cls.__name__} inherits mixes = False: declare in the class, mixes = True (or False)")
        if {"mix", "objective"} & own.keys() and "capturable" not in own:
            cls.capturable = False
        if "hold" in own:
            raise TypeError(f"{cls.__name__}: hold is called repeat_batch, and batch.turn repeat_index")

    def __post_init__(self) -> None:
        """Check the parameters that every method has.

        Raises:
            ValueError: a parameter is not allowed; the message names it and what is allowed.
        """
        require(0 <= self.start <= self.stop <= 1, "start, stop", (self.start, self.stop), "0 <= start <= stop <= 1")
        require(1 <= self.length <= 1000, "length", self.length, "1 to 1000")
        require(1 <= self.batch <= 1000, "batch", self.batch, "1 to 1000")

    @property
    def stackable(self) -> bool:
        """Whether several seeds can train as one, with their batches joined."""
        return True

    @property
    def mixes_alone(self) -> bool:
        """Whether the objective is the loss of the mixed rows and nothing else."""
        return True

    @property
    def mixes(self) -> bool:
        """Whether mix or objective uses the plan."""
        return True

    @property
    def repeat_batch(self) -> int:
        """The number of successive steps that share a batch and its draws."""
        return 1

    @property
    def control(self) -> str:
        """What this is a control for, or "" if it is none. Controls stand in every table and are ranked in none.

        "compute": it trains on more rows without an idea of its own (a longer training, a larger batch, fresh
        partners), so any method of its cost can be compared with it. "twin": a method whose own term has weight 0,
        a control for that method alone: it costs as much and trains on nothing more.
        """
        return "compute" if self.length != 1 or self.batch != 1 else ""

    @abstractmethod
    def plan(self, batch: Batch, rng: Rng) -> Plan:
        """Decide what this step mixes. Use pure torch, draw from ``rng`` only, and call no .item()."""

    def prepare(self, train: TrainInfo) -> dict[str, Tensor]:
        """Compute tensors from the training part, once per run; ``plan`` finds them in batch.stats."""
        return {}

    def reject(self, task: TaskInfo) -> str | None:
        """Why the method does not apply to a task, beyond ``domains`` and ``kinds``; None if it does."""
        return None

    def more_rows(self, batch: Batch, rng: Rng) -> Tensor | None:
        """Numbers [M] int64 of further training rows that this step's plan needs as partners; None for none.

        They stand behind the batch's own rows: the plan calls them B, B + 1, ..., and own=None still means the batch's
        own rows. The same numbers give the same rows to every method, augmented alike.
        """
        return None

    def memory(self, net: nn.Module, train: TrainInfo | None) -> nn.Module | None:
        """Make what a run remembers between steps, such as an averaged teacher or a table of losses; None for nothing.

        The module's parameters and buffers are saved with a Mixer's state. Plans and objectives find it in
        batch.memory.

        Args:
            net: the model with its initial weights; copy it (copy.deepcopy) to keep it.
            train: the training part; None in a Mixer that was not shown it.
        """
        return None

    def remember(self, batch: Batch, net: nn.Module) -> None:
        """Update batch.memory after a step, when the model's weights have moved. Write to nothing else.

        An optimiser may compute a step several times, at other weights: what an objective writes to the memory must be
        the same each time.
        """
        return  # nothing, unless a method says so

    def mix(self, h: State, plan: Plan) -> State:
        """Mix a state [B, ...] -> [N, ...]. Override this only for what no share can express, such as added noise."""
        return interpolate(h, plan)

    def objective(self, tail: Tail, state: State, batch: Batch, plan: Plan, loss: Loss) -> Tensor:
        """The scalar to minimise, computed from the unmixed state at the site.

        By default this is the two-term loss of one forward pass on the mixed rows. Override it to add other terms.

        Args:
            tail: the stages after the site.
            state: [B, ...] the unmixed state at the site.
            batch: what the method sees of the step.
            plan: what the step mixes.
            loss: (out [N, ...], y [N, ...]) -> [N].
        """
        return two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)

    def active(self, step: int, steps: int) -> bool:
        """Whether this step mixes: start * steps <= step < stop * steps."""
        return self.start * steps <= step < self.stop * steps


def why_not(method: Method, task: TaskInfo) -> str | None:
    """Why a method does not apply to a task (site, domain, kind of target, or reject()); None if it does."""
    cls = type(method)
    if method.site != "random" and method.site not in task.sites:
        return f"no site '{method.site}' here (this task has: {', '.join(task.sites)}; say which, site=...)"
    if cls.domains and task.domain not in (names := [plain_name(domain) for domain in cls.domains]):
        return f"made for {', '.join(names)}, not for {task.domain}"
    if cls.kinds and task.kind not in cls.kinds:
        return f"made for targets of the kind {', '.join(cls.kinds)}, not for {task.kind}"
    return method.reject(task)


def require(good: bool, name: str, value: object, allowed: str) -> None:
    """Check a parameter.

    Raises:
        ValueError: ``good`` is False; the message names the parameter, its value and what is allowed.
    """
    if not good:
        raise ValueError(f"{name}={value!r}: allowed is {allowed}")
