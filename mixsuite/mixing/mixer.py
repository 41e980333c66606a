"""The engine in your own training loop: ``loss = Mixer("cutmix(alpha=1.0)", seed=0).loss(model, x, y)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from mixsuite.mixing.engine import Loss, State, Tail, step_loss
from mixsuite.mixing.inputs import (
    Output,
    Unprepared,
    call,
    check_outputs,
    detached,
    in_form_of,
    is_whole,
    keep_layout,
    leaves_of,
    look_alike,
    output_of,
    refuse_loader_worker,
    row_numbers_of,
    same_rows,
    submodule,
    uncompiled,
)
from mixsuite.mixing.inside import run_mixed
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.memory import Remembered, has_memory
from mixsuite.mixing.method import Batch, Method, TaskInfo, TrainInfo, why_not
from mixsuite.mixing.mixed_target import Target
from mixsuite.mixing.plan import Plan, bounds, check_form, check_plan, check_shares
from mixsuite.mixing.rng import Rng, torch_seed
from mixsuite.mixing.sites import random_sites
from mixsuite.mixing.targets import as_meant, check_values, count_classes
from mixsuite.plugins.bind import display_name
from mixsuite.plugins.kinds import METHOD
from mixsuite.plugins.load import load_plugin

_CHECKED = 2  # the first plans at each site that are checked in full; each check waits for the device
_HELD = 64  # plans whose shares are checked together, so that the device is waited for less often


class Mixer:
    """A method for your own training loop: it draws, mixes and gives the loss.

    Models, data, optimisers and precision stay yours. Each call of ``loss``, or of the mixer itself, is one step. Its
    draws depend on (seed, rank, step, batch size) only; with the batch size and order of the suite's trainer they are
    the trainer's draws. The mixer neither reads nor changes a global generator, and it mixes in eval mode too.

    Args:
        method: as in a matrix, "cutmix(alpha=1.0)" or "./mine.py(alpha=0.4)", or a Method. Or a list of such, of which
            each step draws one, with ``prob=`` (``mixing.any_of``).
        seed: seed of all draws. Under torch.distributed each rank draws its own stream from it.
        site: where to mix: "input", or the name of a submodule (``model.get_submodule(name)``), whose input is then
            mixed. From a list, each step draws one. Default: the method's own site. The submodule must run once per
            pass, neither compiled nor under activation checkpointing.
        steps: number of calls in all, for methods that start late, stop early or use the progress.
        kind: "class" (targets [B] int64, or [B, C] soft), "multilabel" or "regression".
        loss: (out [N, ...], y [N, ...]) -> [N], a loss for each row. The default depends on the kind: cross-entropy,
            binary cross-entropy or squared error, in at least float32.
        output: which part of what the model returns is the outputs, where that is no tensor: the name of an attribute
            or key, a place in a tuple, or a function. Default: "logits".
        domain: "images", "tabular", ..., for methods made for some domains only. Default: the domain that x looks like.
        rank: rank of the process. Default: torch.distributed's, or 0.
        prob: for a list of methods only.

    Raises:
        InputError: there is no such method or parameter.
        ValueError: an argument is not allowed.
    """

    _remembers: Remembered | None = None  # several methods together neither remember nor look rows up
    _row_numbers: Tensor | None = None
    _looks_up = False

    def __new__(cls, method: Any = None, *_: Any, **__: Any) -> Mixer:
        """Make the mixer of one method, or of several; copies and pickles give no method."""
        if cls is Mixer and isinstance(method, list | tuple):
            from mixsuite.mixing.any_of import AnyOf

            return object.__new__(AnyOf)
        return object.__new__(cls)

    def __init__(
        self,
        method: str | Method,
        seed: int,
        *,
        site: str | Sequence[str] | None = None,
        steps: int | None = None,
        kind: str = "class",
        loss: Loss | None = None,
        output: Output = None,
        domain: str | None = None,
        rank: int | None = None,
        prob: None = None,
    ) -> None:
        if prob is not None:
            raise ValueError(f"prob={prob!r} is for a list of methods, of one too: Mixer([{method!r}], prob={prob!r})")
        name, instance = (type(method).__name__.lower(), method) if isinstance(method, Method) else _load(method)
        if kind not in LOSSES:
            raise ValueError(f"kind={kind!r}: allowed is {', '.join(LOSSES)}")
        if not is_whole(seed) or not 0 <= seed < 2**63:
            raise ValueError(f"seed={seed!r}: allowed is a whole number, 0 to 2**63 - 1")
        if steps is not None and not (is_whole(steps) and steps > 0):
            raise ValueError(f"steps={steps!r}: allowed is a whole number above 0, or None")
        if rank is not None and not (is_whole(rank) and rank >= 0):
            raise ValueError(f"rank={rank!r}: allowed is a whole number from 0, or None for torch.distributed's")
        if instance.length != 1 or instance.batch != 1:
            raise ValueError(
                f"{name}: length and batch are for matrices; how long and on what to train is this loop's own"
            )
        if instance.repeat_batch != 1:
            raise ValueError(
                f"{name} takes {instance.repeat_batch} steps with each batch, which only the suite's trainer does"
            )
        if steps is None and (instance.start > 0 or instance.stop < 1):
            raise ValueError(
                f"{name}: start and stop are shares of the training: give steps, the number of calls in all"
            )
        sites = [site] if isinstance(site, str) else list(site or ())
        if not sites and instance.site == "random" and type(instance).pairing != "none":
            raise ValueError(f'{name} draws its site anew each step: name some, as in site=("input", "layer2")')
        if type(instance).more_rows is not Method.more_rows:
            raise ValueError(f"{name} asks for rows from outside the batch, which only the suite's trainer has")
        self.sites = sites or ["input" if instance.site == "random" else instance.site]
        self.method = replace(instance, site=self.sites[0] if len(self.sites) == 1 else "random")
        self.name = display_name(name, instance)
        self.seed, self.steps, self.kind, self.domain, self.rank = seed, steps, kind, domain, rank
        if self.sites != ["input"] and not self.method.mixes_alone:
            raise ValueError(
                f"{self.name} has terms of its own, for which the site is input, not {', '.join(self.sites)}"
            )
        self._remembers = Remembered(instance, self.name) if has_memory(instance) else None
        self._looks_up = type(instance).needs_rows
        self.row_loss, self.output = loss or LOSSES[kind], output
        self._own_loss = loss is not None
        self.step = 0
        self.stats: dict[str, Tensor] = Unprepared(self.name)
        self._width: int | None = None
        self._rng: Rng | None = None
        self._seen: dict[tuple[str, int], int] = {}  # plans so far, by site and number of axes there
        self._held: list[Plan] = []
        self._train: TrainInfo | None = None

    def prepare(self, x: State, y: Tensor, classes: int | None = None, groups: Sequence[int] = ()) -> Mixer:
        """Show the method the training part once, if it needs that (for class counts or the mean row).

        Args:
            x: [n, ...] inputs, in the form of the batches.
            y: [n, ...] targets, in the form of the batches.
            classes: number of classes. Default: as many as y shows.
            groups: source column of each column of a table. Default: each column is its own.
        """
        x, y = leaves_of(x), self._targets(y)
        first = x[0] if isinstance(x, tuple) else x
        columns = tuple(groups) or (tuple(range(first.shape[1])) if first.dim() == 2 else ())
        info = TrainInfo(x, y, len(y), classes or count_classes(y), self.kind, columns)
        self.stats, self._train = self.method.prepare(info), info
        return self

    def loss(
        self,
        model: nn.Module,
        x: Any,
        y: Tensor,
        *args: Any,
        row_weight: Tensor | None = None,
        row_numbers: Tensor | None = None,
        **named: Any,
    ) -> Tensor:
        """The loss of one step, a scalar to call ``backward`` on.

        Args:
            model: called as model(x, *args, **named); as model(*x, *args, **named) if x is a tuple or list, and as
                model(*args, **x, **named) if it is a dict.
            x: [B, ...] inputs, never written to. At the input all leaves are mixed alike, masks of bool or integers as
                float. For a site inside the model x may be anything that the model takes.
            y: [B] or [B, ...] targets.
            *args: passed on to the model as they are: a mask among them is neither mixed nor repeated.
            row_weight: [B] weights of the rows in the loss, or None.
            row_numbers: [B] int64 numbers of the rows in the training part, for methods that look rows up.
            **named: passed on to the model.

        Raises:
            ValueError: the method does not apply here, its plan is invalid, the site does not run exactly once, or
                the loss is not one number per row.
        """
        if self._remembers is not None:
            self._remembers.look(model, self._train)
        self._row_numbers = row_numbers_of(row_numbers, y, self.name if self._looks_up else "")
        return uncompiled(self._loss)(model, x, y, args, row_weight, named)

    def _loss(
        self,
        model: nn.Module,
        x: Any,
        y: Tensor,
        args: tuple[Any, ...],
        weight: Tensor | None,
        named: dict[str, Any],
    ) -> Tensor:
        y = self._targets(y)
        site = self._begin(x, y)
        if site != "input":
            return self._loss_inside(model, site, lambda: call(model, x, args, named), x, y, weight)
        leaves = leaves_of(x)

        def run(h: State) -> Tensor:
            return output_of(call(model, in_form_of(x, keep_layout(h, leaves)), args, named), self.output)

        same_rows(leaves, y)
        batch, plan = self._plan(site, leaves, leaves, y, weight)
        return step_loss(self.method, Tail(run, model), leaves, batch, plan, self._each)

    def __call__(self, x: Any, y: Tensor, row_weight: Tensor | None = None) -> tuple[Any, Target]:
        """Mix a batch for one step: the mixed rows [N, ...] and their target, for ``target.loss(model(x))``.

        Args:
            x: [B, ...] inputs, never written to.
            y: [B] or [B, ...] targets.
            row_weight: [B] weights of the rows in the loss, or None.

        Raises:
            ValueError: the method needs the model (for a hidden site or further terms), does not apply here, or its
                plan is invalid.
        """
        return uncompiled(self._mixed)(x, y, row_weight)

    def _mixed(self, x: Any, y: Tensor, row_weight: Tensor | None) -> tuple[Any, Target]:
        if self._remembers or self._looks_up:
            raise ValueError(f"{self.name} remembers or looks rows up: use mixer.loss(model, x, y)")
        if self.sites != ["input"] or not self.method.mixes_alone:
            why = "mixes inside the model" if self.sites != ["input"] else "has terms that need the model"
            raise ValueError(f"{self.name} {why}: use mixer.loss(model, x, y)")
        y, leaves = self._targets(y), leaves_of(x)
        same_rows(leaves, y)
        batch, plan = self._plan(self._begin(x, y), leaves, leaves, y, row_weight)
        mixed = leaves if plan is None else keep_layout(self.method.mix(leaves, plan), leaves)
        return in_form_of(x, mixed), Target(batch, plan, self._each)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: the next step's number, all that the draws depend on, and what the method remembers.

        Without a memory it is the same on every rank.
        """
        state = {"method": self.name, "seed": self.seed, "sites": self.sites, "step": self.step, "width": self._width}
        return state | (self._remembers.state() if self._remembers else {})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            ValueError: this is not a mixer's state, or it belongs to another method, seed or site.
        """
        if missing := self.state_dict().keys() - state.keys() - {"memory"}:
            raise ValueError(f"this is no mixer's state: it has no {', '.join(sorted(missing))}")
        for key, own in (("method", self.name), ("seed", self.seed), ("sites", self.sites)):
            if state[key] != own:
                raise ValueError(f"this state is of {key} {state[key]!r}, not of {own!r}")
        for key, least in (("step", 0), ("width", 1)):
            value = state[key]
            if not (is_whole(value) and value >= least) and not (key == "width" and value is None):
                raise ValueError(
                    f"this is no mixer's state: its {key} is {value!r:.60}, not a whole number from {least}"
                )
        if self._remembers is not None:
            self._remembers.load(state)
        elif "memory" in state:
            raise ValueError(f"this state has a memory, which {self.name} has not")
        self.step, self._width, self._rng = state["step"], state["width"], None

    def __repr__(self) -> str:
        return f'Mixer("{self.name}", seed={self.seed}, site={", ".join(self.sites)}, step={self.step})'

    def _targets(self, y: Tensor) -> Tensor:
        """Targets in the form that the loss takes; with a loss of the user's they are the user's own."""
        refuse_loader_worker(self.name)
        if not isinstance(y, Tensor) or not y.dim() or not len(y) or y.is_complex():
            raise ValueError(f"y must be a tensor of numbers with a row at least, is {y!r:.60}")
        if self._own_loss:
            return y
        meant = as_meant(y, self.kind)
        if self.step < _CHECKED or self.step % _HELD == 0 or y.device.type == "cpu":  # elsewhere a look costs a wait
            check_values(y, self.kind)
        return meant

    def _begin(self, x: Any, y: Tensor) -> str:
        """Set the generator to this step and draw its site."""
        first = next((leaf for leaf in (x[:1] if isinstance(x, tuple | list) else (x,)) if isinstance(leaf, Tensor)), y)
        if self._width is None:
            self._width = len(y)
        if self._rng is None or self._rng.device != first.device:
            if self.rank is None:
                ready = torch.distributed.is_available() and torch.distributed.is_initialized()
                self.rank = torch.distributed.get_rank() if ready else 0
            own = torch_seed(self.seed, f"rank {self.rank}") if self.rank else self.seed
            exact = torch.float64 if first.dtype == torch.float64 else torch.float32
            self._rng = Rng(own, self._width, first.device, exact)
            for name, value in self.stats.items():
                self.stats[name] = value.to(first.device)
        self._rng.at(self.step)
        (site,) = random_sites(self.seed, self.sites, self.step, 1) if len(self.sites) > 1 else self.sites
        self.step += 1
        return site

    def _plan(self, site: str, h: State, x: State, y: Tensor, row_weight: Tensor | None) -> tuple[Batch, Plan | None]:
        """(what the method sees, its plan for a state h [B, ...]); the plan is None when the method is inactive."""
        assert self._rng is not None
        if row_weight is not None and not isinstance(row_weight, Tensor):
            raise ValueError(f"row_weight is a {type(row_weight).__name__}; wanted is a tensor [{len(y)}]")
        if row_weight is not None and row_weight.shape != (len(y),):
            raise ValueError(f"row_weight is {list(row_weight.shape)}; wanted is [{len(y)}], one number a row")
        at, total = self.step - 1, self.steps or 1
        leaf = h[0] if isinstance(h, tuple) else h
        shape = tuple(leaf.shape[1:])
        progress = torch.tensor(min(at, total - 1) / total if self.steps else torch.nan, device=leaf.device)
        x_shown = detached(x) if self.method.needs_x else None
        batch = Batch(
            y, shape, progress, self.stats, x_shown, row_weight, 1, 0, at, self.steps or 0, self._row_numbers, len(y),
            None if self._remembers is None else self._remembers.memory,
        )  # fmt: skip
        if self._remembers is not None:
            self._remembers.last = batch
        if self.steps is not None and not self.method.active(min(at, total - 1), total):
            return batch, None
        plans_so_far = self._seen.get((site, leaf.dim()), 0)
        if not plans_so_far:
            self._refuse(site, shape, x, y)
        with torch.autocast(leaf.device.type, enabled=False):
            plan = self.method.plan(batch, self._rng)
        looked = plans_so_far < _CHECKED or leaf.device.type == "cpu"  # elsewhere a look at values costs a wait
        try:
            (check_plan if looked else check_form)(plan, len(y))
        except ValueError as error:
            looks = " (does it look at the progress? then give steps=, the number of calls in all)"
            raise ValueError(f"{self.name}: {error}{looks if self.steps is None else ''}") from None
        self._seen[site, leaf.dim()] = plans_so_far + 1
        if not looked:
            self._held.append(plan._replace(wx=bounds(plan.wx), wy=plan.wy))
        if len(self._held) == _HELD:  # the check waits for the device: once in so many steps
            plans, self._held = self._held, []
            try:
                check_shares(plans)
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}, within the last {_HELD} steps") from None
        return batch, plan

    def _refuse(self, site: str, shape: tuple[int, ...], x: State, y: Tensor) -> None:
        first = x[0] if isinstance(x, tuple) else x
        domain = self.domain or (look_alike(x) if type(self.method).domains else "")
        sites = {"input": tuple(first.shape[1:]) if isinstance(first, Tensor) else (), site: shape}
        task = TaskInfo(domain, self.kind, count_classes(y), sites, len(y), len(y))
        reason = why_not(replace(self.method, site=site), task)
        if reason:
            hint = "" if self.domain or not type(self.method).domains else " (domain= says what x is)"
            raise ValueError(f"{self.name} does not apply: {reason}{hint}")

    def _loss_inside(
        self, model: nn.Module, site: str, run: Any, x: State, y: Tensor, row_weight: Tensor | None
    ) -> Tensor:
        """The loss, with the input of one submodule mixed on its way."""
        used: list[tuple[Batch, Plan | None]] = []

        def mix(state: Tensor) -> Tensor | None:
            batch, plan = self._plan(site, state, x, y, row_weight)
            used.append((batch, plan))
            if plan is None:
                return None
            mixed = self.method.mix(state, plan)
            assert isinstance(mixed, Tensor)
            return mixed

        out = output_of(run_mixed(site, submodule(model, site), len(y), mix, run), self.output)
        return Target(*used[0], self._each).loss(out)

    def _each(self, out: Tensor, y: Tensor) -> Tensor:
        """The loss of each row [N], checked for its shape."""
        if not self._own_loss:
            check_outputs(out, y, self.kind, look=self.step <= _CHECKED or y.device.type == "cpu")
        values = self.row_loss(out, y)
        if values.shape != (len(out),):
            raise ValueError(
                f"the loss must be one number a row, [{len(out)}], is {list(values.shape)}: "
                'leave the mean to the mixer (reduction="none")'
            )
        return values


def _load(text: str) -> tuple[str, Method]:
    plugin = load_plugin(METHOD, text, Method)
    return plugin.name, plugin.instance
