"""The engine in anybody's training loop: ``loss = Mixer("cutmix(alpha=1.0)", seed=0).loss(model, x, y)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from mixsuite.mixing.engine import Loss, State, Tail, clean_loss, step_loss, two_term_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.method import Batch, Method, TaskInfo, TrainInfo, why_not
from mixsuite.mixing.plan import Plan, check_plan, check_shares, distinct
from mixsuite.mixing.rng import Rng, torch_seed
from mixsuite.mixing.sites import random_sites
from mixsuite.mixing.targets import class_shares, count_classes
from mixsuite.plugins.bind import display_name
from mixsuite.plugins.kinds import DOMAIN, METHOD, builtin_files
from mixsuite.plugins.load import Source, load_class, load_plugin

_SMALL = 4096  # numbers that are kept until they are checked
_CHECKED = 2  # plans a site, the first ones, wholly: the check waits for the device
_HELD = 64  # plans whose shares are checked at once, for the same reason


@dataclass(frozen=True)
class Target:
    """The two-term target of N mixed rows.

    batch, plan: of the rows as they were; plan None: nothing was mixed. row_loss: (out [N, ...], y [N, ...]) -> [N].
    """

    batch: Batch
    plan: Plan | None
    row_loss: Loss

    def loss(self, out: Tensor) -> Tensor:
        """sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner]))), a scalar. out: [N, ...]"""
        if self.plan is None:
            return clean_loss(out, self.batch, self.row_loss)
        return two_term_loss(out, self.batch, self.plan, self.row_loss)

    def soft(self, classes: int) -> Tensor:
        """One target a row, [N, classes]: for losses and metrics that take probabilities.

        Raises:
            ValueError: the rows have weights of their own, which a target cannot carry.
        """
        y, plan = self.batch.y, self.plan
        if self.batch.row_weight is not None or (plan is not None and plan.weight is not None):
            raise ValueError("these rows have weights in the loss: use target.loss(out)")
        wide = y if y.dim() == 2 else class_shares(y, classes, torch.float32)
        if plan is None:
            return wide
        wy = plan.wy.to(wide.dtype)[:, None]
        return wy * (wide if plan.own is None else wide[plan.own]) + (1 - wy) * wide[plan.partner]


class _Unprepared(dict[str, Tensor]):
    """What a method finds that looks for statistics before it was given any."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def __missing__(self, key: str) -> Tensor:
        raise ValueError(
            f"{self.method} looks at the training part once: call mixer.prepare(x, y) before the first step"
        )


class Mixer:
    """A method for a training loop that is not the suite's: it draws, mixes and gives the loss; models, data,
    optimisers and precision stay yours.

    Each call of ``loss`` or of the mixer itself is one step with draws of its own, a function of (seed, rank, step,
    batch size) alone; with the batch size and order of the suite's trainer the draws are the trainer's. No global
    generator is read or changed, and a model in eval mode is mixed for as well.

    Args:
        method: as in a matrix, "cutmix(alpha=1.0)" or "./mine.py(alpha=0.4)", or a Method.
        seed: of all draws. Under torch.distributed every rank draws a stream of its own from it.
        site: where to mix: "input", or the name of a submodule, at what enters it (``model.get_submodule(name)``);
            a list of them is drawn from anew each step. Default: the method's own site. The submodule must run
            once a pass, and neither compiled nor under activation checkpointing.
        steps: calls in all: for methods that start or stop on the way or look at the progress.
        kind: "class" (targets [B] int64, or [B, C] soft), "multilabel" or "regression".
        loss: (out [N, ...], y [N, ...]) -> [N], a loss for each row; default by the kind: cross-entropy, binary
            cross-entropy, squared error, in float32 at least.
        domain: "images", "tabular", ..., for methods that are made for some; default: the one that x looks like.
        rank: of the process; default: torch.distributed's, or 0.

    Raises:
        InputError: no such method or parameter.
        ValueError: an argument that is not allowed.
    """

    def __init__(
        self,
        method: str | Method,
        seed: int,
        *,
        site: str | Sequence[str] | None = None,
        steps: int | None = None,
        kind: str = "class",
        loss: Loss | None = None,
        domain: str | None = None,
        rank: int | None = None,
    ) -> None:
        name, made = (type(method).__name__.lower(), method) if isinstance(method, Method) else _load(method)
        if kind not in LOSSES:
            raise ValueError(f"kind={kind!r}: allowed is {', '.join(LOSSES)}")
        if not 0 <= seed < 2**63:
            raise ValueError(f"seed={seed}: allowed is 0 to 2**63 - 1")
        if made.length != 1 or made.batch != 1:
            raise ValueError(
                f"{name}: length and batch are for matrices; how long and on what to train is this loop's own"
            )
        if made.repeat_batch != 1:
            raise ValueError(
                f"{name} takes {made.repeat_batch} steps with each batch, which only the suite's trainer does"
            )
        if steps is None and (made.start > 0 or made.stop < 1):
            raise ValueError(
                f"{name}: start and stop are shares of the training: give steps, the number of calls in all"
            )
        given = [site] if isinstance(site, str) else list(site or ())
        if not given and made.site == "random" and type(made).pairing != "none":
            raise ValueError(f'{name} draws its site anew each step: name some, as in site=("input", "layer2")')
        self.sites = given or ["input" if made.site == "random" else made.site]
        self.method = replace(made, site=self.sites[0] if len(self.sites) == 1 else "random")
        self.name = display_name(name, made)
        self.seed, self.steps, self.kind, self.domain, self.rank = seed, steps, kind, domain, rank
        if self.sites != ["input"] and not self.method.mixes_alone:
            raise ValueError(
                f"{self.name} has terms of its own, for which the site is input, not {', '.join(self.sites)}"
            )
        self.row_loss = loss or LOSSES[kind]
        self.step = 0
        self.stats: dict[str, Tensor] = _Unprepared(self.name)
        self._width: int | None = None
        self._rng: Rng | None = None
        self._seen: dict[str, int] = {}
        self._held: list[Plan] = []

    def prepare(self, x: State, y: Tensor, classes: int | None = None, groups: Sequence[int] = ()) -> Mixer:
        """Show the method the training part, once, where it asks for that (class counts, the mean row).

        Args:
            x, y: [n, ...], as they come in batches. classes: default: as many as y shows.
            groups: of a table, the source column of each column; default: each its own.
        """
        first = x[0] if isinstance(x, tuple) else x
        columns = tuple(groups) or (tuple(range(first.shape[1])) if first.dim() == 2 else ())
        info = TrainInfo(x, y, len(y), classes or count_classes(y), self.kind, columns)
        self.stats = self.method.prepare(info)
        return self

    def loss(
        self, model: nn.Module, x: State, y: Tensor, *args: Any, row_weight: Tensor | None = None, **named: Any
    ) -> Tensor:
        """The loss of this step, a scalar to call ``backward`` on. One step's draws.

        Args:
            model: called as model(x, *args, **named); model(*x, ...) where x is a tuple of leaves.
            x: [B, ...], never written to. y: [B] or [B, ...]. row_weight: [B] weights in the loss.

        Raises:
            ValueError: the method does not apply here, a plan that cannot be meant, a site that does not run once,
                or a loss that is not one number a row.
        """

        def run(h: State) -> Tensor:
            out: Tensor = model(*(h if isinstance(h, tuple) else (h,)), *args, **named)
            return out

        site = self._begin(x)
        if site != "input":
            return self._loss_inside(model, site, run, x, y, row_weight)
        batch, plan = self._plan(site, x, x, y, row_weight)
        return step_loss(self.method, Tail(run), x, batch, plan, self._each)

    def __call__(self, x: State, y: Tensor, row_weight: Tensor | None = None) -> tuple[State, Target]:
        """The mixed batch [N, ...] and its target: ``target.loss(model(x))``. One step's draws.

        Raises:
            ValueError: the method cannot be had without its model (a hidden site; terms that are no mixing), ...
        """
        if self.sites != ["input"] or not self.method.mixes_alone:
            why = "mixes inside the model" if self.sites != ["input"] else "has terms that need the model"
            raise ValueError(f"{self.name} {why}: use mixer.loss(model, x, y)")
        batch, plan = self._plan(self._begin(x), x, x, y, row_weight)
        mixed = x if plan is None else self.method.mix(x, plan)
        return mixed, Target(batch, plan, self._each)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps, the same on every rank: the next step's number and what the draws depend on."""
        return {"method": self.name, "seed": self.seed, "sites": self.sites, "step": self.step, "width": self._width}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            ValueError: it is no mixer's state, or of another method, seed or sites.
        """
        if missing := self.state_dict().keys() - state.keys():
            raise ValueError(f"this is no mixer's state: it has no {', '.join(sorted(missing))}")
        for key, own in (("method", self.name), ("seed", self.seed), ("sites", self.sites)):
            if state[key] != own:
                raise ValueError(f"this state is of {key} {state[key]!r}, not of {own!r}")
        self.step, self._width, self._rng = state["step"], state["width"], None

    def __repr__(self) -> str:
        return f'Mixer("{self.name}", seed={self.seed}, site={", ".join(self.sites)}, step={self.step})'

    def _begin(self, x: State) -> str:
        """Set the generator to this step and draw its site."""
        first = x[0] if isinstance(x, tuple) else x
        if self._width is None:
            self._width = len(first)
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
        """What this step mixes at a state h [B, ...]; None outside the method's window."""
        assert self._rng is not None
        at, total = self.step - 1, self.steps or 1
        leaf = h[0] if isinstance(h, tuple) else h
        shape = tuple(leaf.shape[1:])
        progress = torch.tensor(min(at, total - 1) / total if self.steps else torch.nan, device=leaf.device)
        seen = _detached(x) if self.method.needs_x else None
        batch = Batch(y, shape, progress, self.stats, seen, row_weight)
        if self.steps is not None and not self.method.active(min(at, total - 1), total):
            return batch, None
        known = self._seen.get(site, 0)
        if not known:
            self._refuse(site, shape, x, y)
        with torch.autocast(leaf.device.type, enabled=False):
            plan = self.method.plan(batch, self._rng)
        if known < _CHECKED:
            try:
                check_plan(plan, len(y))
            except ValueError as error:
                looks = " (does it look at the progress? then give steps=, the number of calls in all)"
                raise ValueError(f"{self.name}: {error}{looks if self.steps is None else ''}") from None
        self._seen[site] = known + 1
        self._held.append(plan._replace(wx=_bounds(plan.wx), wy=plan.wy))
        if len(self._held) == _HELD:  # the device is waited for once in so many steps
            held, self._held = self._held, []
            try:
                check_shares(held)
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}, within the last {_HELD} steps") from None
        return batch, plan

    def _refuse(self, site: str, shape: tuple[int, ...], x: State, y: Tensor) -> None:
        first = x[0] if isinstance(x, tuple) else x
        if len(first) != len(y) or not len(y):
            raise ValueError(f"x has {len(first)} rows, y has {len(y)}")
        if not first.is_floating_point():
            raise ValueError(f"x is {first.dtype}: only numbers with a fraction can be mixed; make it float")
        domain = self.domain or (_look_alike(x) if type(self.method).domains else "")
        sites = {"input": tuple(first.shape[1:]), site: shape}
        task = TaskInfo(domain, self.kind, count_classes(y), sites, len(y), len(y))
        reason = why_not(replace(self.method, site=site), task)
        if reason:
            hint = "" if self.domain or not type(self.method).domains else " (domain= says what x is)"
            raise ValueError(f"{self.name} does not apply: {reason}{hint}")

    def _loss_inside(
        self, model: nn.Module, site: str, run: Any, x: State, y: Tensor, row_weight: Tensor | None
    ) -> Tensor:
        """The loss with what enters one submodule mixed on its way."""
        used: list[tuple[Batch, Plan | None]] = []

        def mix(_module: nn.Module, entering: tuple[Any, ...]) -> tuple[Any, ...] | None:
            if used or not entering or not isinstance(entering[0], Tensor) or len(entering[0]) != len(y):
                what = "runs more than once a pass" if used else f"is not given [{len(y)}, ...] as its first argument"
                raise ValueError(f"site '{site}': the module {what}; name another one")
            used.append(self._plan(site, entering[0], x, y, row_weight))
            _, plan = used[0]
            return None if plan is None else (self.method.mix(entering[0], plan), *entering[1:])

        handle = _submodule(model, site).register_forward_pre_hook(mix)
        try:
            out = run(x)
        finally:
            handle.remove()
        if not used:
            raise ValueError(f"site '{site}': the module does not run")
        return Target(*used[0], self._each).loss(out)

    def _each(self, out: Tensor, y: Tensor) -> Tensor:
        """The loss of each row, checked to be one."""
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


def _look_alike(x: State) -> str:
    """The built-in domain whose input x looks like, "other" where there is none."""
    for name, path in builtin_files(DOMAIN).items():
        domain: Any = load_class(DOMAIN, Source(name, path), object)()
        if domain.matches(x):
            return name
    return "other"


def _bounds(share: Tensor) -> Tensor:
    """A mask's least and largest value; shares of rows as they are."""
    held = distinct(share)
    return held if held.numel() <= _SMALL else torch.stack(held.aminmax())


def _detached(x: State) -> State:
    return tuple(leaf.detach() for leaf in x) if isinstance(x, tuple) else x.detach()


def _submodule(model: nn.Module, name: str) -> nn.Module:
    """A submodule by name, behind what wraps a model (DistributedDataParallel, torch.compile).

    Raises:
        ValueError: there is none.
    """
    for holder in (model, getattr(model, "module", None), getattr(model, "_orig_mod", None)):
        if isinstance(holder, nn.Module):
            try:
                return holder.get_submodule(name)
            except AttributeError:
                continue
    names = ", ".join(n for n, _ in model.named_modules() if n)
    raise ValueError(f"site '{name}': no such module (allowed: input, {names})")
