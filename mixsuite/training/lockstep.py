"""Train several seeds of one cell as one, with their weights stacked and their batches joined.

Slots share nothing but the time of a step: each row meets its own run's weights, rows are reduced to one loss per run,
and the sum of these losses is differentiated. So a run's result equals the loop's up to the last bits. The last bits
depend on the number of slots, which is therefore fixed, and perhaps on a run's slot, which depends on its seed only. A
short block is filled up by repeating a run.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.digest import digest
from mixsuite.data.rows import Data
from mixsuite.data.state import Selectable, State, concatenate, map_leaves, take_rows
from mixsuite.errors import SkipRun
from mixsuite.mixing import Batch, Plan, Tail, TaskInfo, two_term_loss
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.plan import join
from mixsuite.models.base import Staged, site_shapes
from mixsuite.models.stack import Unstackable, stack, unstack
from mixsuite.training import loop
from mixsuite.training.ahead import Drawn, PlansAhead
from mixsuite.training.batches import BatchSource, StepInputs
from mixsuite.training.built_in import optimizer_of, schedule_of
from mixsuite.training.captured import Captured, CudaRecord, can_be_captured, own_stream
from mixsuite.training.checkpoint import Kept, Part, Stopped
from mixsuite.training.job import Diverged, Job, TrainResult, check_applies, task_info
from mixsuite.training.memory import reset_peak
from mixsuite.training.optimizer import Steps
from mixsuite.training.recipe import Recipe
from mixsuite.training.run_log import BestCheckpoint, Means, RunLog, fitted
from mixsuite.training.schedule import learning_rates

MAX_SITE_NUMBERS = 2**16  # values in a batch at its largest site
MAX_BLOCK_NUMBERS = 2**27  # values in the training parts of a block's runs, which are in memory together


def fit(jobs: Sequence[Job]) -> list[TrainResult | Exception]:
    """Train runs of one cell in blocks of ``job.block`` seeds.

    Returns:
        For each job its result, SkipRun if its method does not apply, or Diverged. A single job gives whatever error
        ended it.

    Raises:
        Unstackable: these runs cannot be trained side by side; some may have been trained in part.
        OutOfMemoryError: the device holds no block of them.
        Stopped: the time is up; the checkpoint of the block is written.
        Exception: a run of the block raised it. To find out which, train each run by itself.
    """
    blocks = defaultdict[tuple[Any, ...], list[int]](list)
    results: dict[int, TrainResult | Exception] = {}
    infos = [task_info(job) for job in jobs]
    for number, (job, info) in enumerate(zip(jobs, infos, strict=True)):
        try:
            check_applies(job, info)
            blocks[_shape(job)].append(number)
        except SkipRun as skip:
            results[number] = skip
    for numbers in blocks.values():
        try:
            outcomes = _Block([jobs[i] for i in numbers], [infos[i] for i in numbers]).train()
        except (Unstackable, Stopped, torch.OutOfMemoryError):
            raise
        except Exception as error:
            if len(jobs) > 1:
                raise
            outcomes = [error]
        results |= zip(numbers, outcomes, strict=True)
    return [results[number] for number in range(len(jobs))]


def lockstep_pays_off(model: Staged, data: Data, recipe: Recipe, block: int) -> bool:
    """Whether seeds of a task train faster side by side.

    While a batch's states are small, a step spends its time on calling operations. Measured on one CPU core, lockstep
    is 1.3 to 3 times faster below ``MAX_SITE_NUMBERS``, and no faster above.
    """
    if isinstance(data.train.x, Selectable) or model.draws:
        return False
    first = take_rows(data.train.x, torch.arange(1, device=data.train.y.device))
    numbers = max(math.prod(shape) for shape in site_shapes(model, first).values())
    leaves = first if isinstance(first, tuple) else (first,)
    row = sum(leaf.numel() for leaf in leaves if isinstance(leaf, Tensor))
    return recipe.batch * numbers <= MAX_SITE_NUMBERS and block * len(data.train) * row <= MAX_BLOCK_NUMBERS


def _shape(job: Job) -> tuple[Any, ...]:
    """What the runs of a block must have in common."""
    weights = tuple((name, tuple(value.shape)) for name, value in job.model.state_dict().items())
    return job.seed // job.block, job.steps, weights, type(job.data.train.x), job.data.train.weight is None


class _Block:
    """Runs side by side. Slot s holds the run with seed % block == s, or the first run if there is none."""

    def __init__(self, jobs: Sequence[Job], infos: Sequence[TaskInfo]) -> None:
        self.job = first = jobs[0]
        if len({job.seed % first.block for job in jobs}) < len(jobs):
            raise ValueError("two jobs of one seed: the runs of a block are those of one cell")
        method = first.method
        if first.ranks is not None:
            raise Unstackable("several devices for one run")
        if not optimizer_of(first).stackable:
            raise Unstackable("the optimiser")
        if not method.stackable or isinstance(first.data.train.x, Selectable):
            raise Unstackable("the method, or rows that are not all in memory as one tensor")
        if method.site == "random" and method.mixes and not method.mixes_alone:
            raise Unstackable("a random site, and more than the mixed rows in the objective")
        self.watch = _Watch()
        self.feeds = [BatchSource(job, info) for job, info in zip(jobs, infos, strict=True)]
        self.watch.look("prepare()")
        self.logs, self.bests = [RunLog(job) for job in jobs], [BestCheckpoint(job) for job in jobs]
        self.init = [digest(*job.model.state_dict().values()) for job in jobs]
        self.ended: dict[int, Exception] = {}
        job_of_slot = {job.seed % first.block: number for number, job in enumerate(jobs)}
        self.of_slot = [job_of_slot.get(slot, 0) for slot in range(first.block)]  # the job in each slot
        self.slot_of = [job.seed % first.block for job in jobs]

        self.first_stage = self.feeds[0].first_stage
        begins = np.cumsum([0, *(len(job.data.train) for job in jobs)])
        self.x = concatenate([feed.x for feed in self.feeds])
        self.y = torch.cat([job.data.train.y for job in jobs])
        weights = [job.data.train.weight for job in jobs]
        self.weight = None if weights[0] is None else torch.cat([w for w in weights if w is not None])
        self.rows = torch.cat([self.feeds[number].rows + int(begins[number]) for number in self.of_slot], 1)
        self.model = stack([jobs[number].model for number in self.of_slot], self.first_stage)
        self.device, self.rows_seen = self.feeds[0].device, 0

    def train(self) -> list[TrainResult | Exception]:
        """Train all runs, and give each run's result or the Diverged that ended it.

        Raises:
            Unstackable: these runs cannot be trained side by side.
        """
        job, model, feed = self.job, self.model, self.feeds[0]
        optimizer = optimizer_of(job).steps(dict(model.named_parameters()), job.recipe)
        rates = learning_rates(job.recipe, schedule_of(job), job.steps)
        means = Means(self.logs[0].ends, feed.device)
        plans = PlansAhead(self._plans_ahead, job.steps, feed.device)
        captured = Captured(model.parameters(), CudaRecord()) if can_be_captured(feed) else None
        model.train()
        reset_peak(feed.device)
        with own_stream(feed.device):
            kept = Kept(job.checkpoint, self._parts(optimizer, means), feed.device)
            for _ in range(kept.begun):
                job.beat()
            for step in range(kept.begun, job.steps):
                kept.at(step, self._link)
                job.beat()
                objectives = optimizer.step(rates[step], self._drawn(step, plans, captured))
                if job.method.active(step, job.steps):
                    self.watch.look("a step")
                for end, of_slots in means.add(step, objectives, step in self.bests[0].ends).items():
                    self._point(end, of_slots)
                if step in self.bests[0].ends:
                    self._look()
        loop.wait(feed.device)
        seconds = kept.seconds / job.block
        return [self._outcome(number, seconds, self.rows_seen / job.block) for number in range(len(self.feeds))]

    def _parts(self, optimizer: Steps, means: Means) -> dict[str, Part]:
        """What the block's checkpoint holds."""
        parts: dict[str, Part] = {"model": self.model, "optimizer": optimizer, "means": means, "block": self}
        for number, (log, best) in enumerate(zip(self.logs, self.bests, strict=True)):
            parts |= {f"log {number}": log, f"best {number}": best}
        return parts

    def state_dict(self) -> dict[str, Any]:
        """The rows so far, and the runs that have ended."""
        return {"rows": self.rows_seen, "ended": {number: str(error) for number, error in self.ended.items()}}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on from a state."""
        self.rows_seen = state["rows"]
        self.ended = {number: Diverged(text) for number, text in state["ended"].items()}

    def _link(self) -> None:
        for log in self.logs:
            log.link()

    def _drawn(self, step: int, ahead: PlansAhead, captured: Captured | None) -> Callable[[], Tensor]:
        """Draw a step, and return what puts its gradients beside the weights and returns its objectives [S]."""
        with loop.autocast(self.job.recipe.precision, self.device):
            x = self._augmented(step) if self.job.augment else None
            drawn = ahead.at(step) if self.feeds[0].ahead else self._joined(self._plans_now(step, x), step)
            inputs = StepInputs(self.rows[step], self.feeds[0].progress[step], x, drawn.plans if drawn else ())

        def differentiate() -> Tensor:
            compute = partial(self._differentiated, step)
            if captured is None:
                values, rows = compute(inputs)
            else:
                apart = max(1, len(inputs.plans))  # one where all slots are mixed at one site, or none is
                kind = (*self._sites(step)[:apart], step % self.job.method.repeat_batch)
                values, rows = captured.step(kind, inputs, compute)
            self.rows_seen += rows
            return values

        return differentiate

    def _sites(self, step: int) -> list[str]:
        """The site of every slot."""
        return [self.feeds[number].sites[step] for number in self.of_slot]

    def _augmented(self, step: int) -> State:
        """The rows of every slot, augmented by its run."""
        parts = [take_rows(self.x, rows) for rows in self.rows[step].split(self.job.batch)]
        return concatenate(
            [self.feeds[number].augmented(step, part) for number, part in zip(self.of_slot, parts, strict=True)]
        )

    def _differentiated(self, step: int, inputs: StepInputs) -> tuple[Tensor, int]:
        """(the objective of every slot [S], number of rows that entered the last stage), with the gradients."""
        with loop.autocast(self.job.recipe.precision, self.device):
            values, rows = self._objectives(step, inputs)
        values.sum().backward()
        return values, rows

    def _objectives(self, step: int, inputs: StepInputs) -> tuple[Tensor, int]:
        job, rows, plans, sites = self.job, inputs.rows, inputs.plans, self._sites(step)
        method, loss_of_rows = job.method, LOSSES[job.data.kind]
        x = take_rows(self.x, rows) if inputs.x is None else inputs.x
        y, weight = self.y[rows], None if self.weight is None else self.weight[rows]
        shapes = {self.feeds[number].info.sites[site] for number, site in zip(self.of_slot, sites, strict=True)}
        shape = shapes.pop() if len(shapes) == 1 else ()
        batch = Batch(
            y, shape, inputs.progress, {}, None, weight, job.block, step % method.repeat_batch, step, job.steps
        )
        if len(plans) < 2:
            site_stage = self.model.sites[sites[0]]
            tail = Tail(partial(self.model, start=site_stage))
            h = self.model(x, self.first_stage, site_stage)
            values = step_loss(method, tail, h, batch, plans[0] if plans else None, loss_of_rows)
            if values.shape != (job.block,):
                raise Unstackable(f"an objective of {list(values.shape)}, not of one value a run")
            return values, tail.rows
        out = self._mixed_on_the_way(x, sites, plans)
        targets = [Plan(plan.partner, plan.wy, plan.wy, plan.own, plan.weight) for plan in plans]
        return two_term_loss(out, batch, join(targets, job.batch), loss_of_rows), len(out)

    def _plans_ahead(self, step: int) -> Drawn | None:
        """What a step draws, on the host."""
        drawn = [feed.draw_ahead(step)[0] for feed in self.feeds]
        return self._joined([one and one.plans[0] for one in drawn], step)

    def _plans_now(self, step: int, x: State | None) -> list[Plan | None]:
        """The plan of every run for a method that is shown the rows of a step, as they were augmented."""
        job, rows = self.job, self.rows[step].split(self.job.batch)
        if not job.method.active(step, job.steps):
            return [None] * len(self.feeds)
        plans = list[Plan | None]()
        for feed, slot in zip(self.feeds, self.slot_of, strict=True):
            if x is None:
                x_slot = take_rows(self.x, rows[slot])
            else:
                x_slot = map_leaves(partial(torch.narrow, dim=0, start=slot * job.batch, length=job.batch), x)
            weight = None if self.weight is None else self.weight[rows[slot]]
            plans.append(feed.plan(step, feed.seen(step, x_slot, self.y[rows[slot]], weight)))
        return plans

    def _joined(self, drawn: list[Plan | None], step: int) -> Drawn | None:
        """One plan for the rows of all slots, or a plan for each slot where their sites differ; each run notes its own.

        None when the method is inactive.
        """
        job = self.job
        for feed, log, plan in zip(self.feeds, self.logs, drawn, strict=True):
            log.note(step, feed.sites[step], plan)
        plans = [plan for plan in drawn if plan is not None]
        if not plans:
            return None
        rows = {len(plan.partner) for plan in plans}
        if len(rows) > 1 or (job.method.site == "random" and job.method.mixes and rows != {job.batch}):
            raise Unstackable(f"plans of {rows} rows in one step")
        if not job.method.mixes:
            return Drawn((plans[0],))
        of_slots = tuple(plans[number] for number in self.of_slot)
        return Drawn((join(of_slots, job.batch),) if len(set(self._sites(step))) == 1 else of_slots)

    def _mixed_on_the_way(self, x: State, sites: list[str], plans: Sequence[Plan]) -> Tensor:
        """The outputs, with each slot mixed at its own site."""
        method, size, at, h = self.job.method, self.job.batch, self.first_stage, x
        for site in sorted(set(sites), key=lambda name: self.model.sites[name]):
            h, at = self.model(h, at, self.model.sites[site]), self.model.sites[site]
            slots = [slot for slot, drawn in enumerate(sites) if drawn == site]
            rows = torch.cat([torch.arange(slot * size, (slot + 1) * size, device=self.device) for slot in slots])
            part = take_rows(h, rows)
            assert not isinstance(part, Selectable)
            h = _put(h, rows, method.mix(part, join([plans[slot] for slot in slots], size)))
        out: Tensor = self.model(h, at)
        return out

    def _point(self, step: int, means: list[float]) -> None:
        for number, slot in enumerate(self.slot_of):
            if number not in self.ended:
                try:
                    self.logs[number].point(step, means[slot])
                except Diverged as error:
                    self.ended[number] = error

    def _look(self) -> None:
        for number, slot in enumerate(self.slot_of):
            if number not in self.ended:
                unstack(self.model, slot, self.feeds[number].job.model, self.first_stage)
                self.logs[number].points[-1]["valid"] = self.bests[number].look()

    def _outcome(self, number: int, seconds: float, rows: float) -> TrainResult | Exception:
        if number in self.ended:
            return self.ended[number]
        feed, log, best = self.feeds[number], self.logs[number], self.bests[number]
        unstack(self.model, self.slot_of[number], feed.job.model, self.first_stage)
        try:
            return fitted(feed, log, best, self.init[number], seconds, rows, "lockstep")
        except Diverged as error:
            return error


def _put(h: State, rows: Tensor, new: State) -> State:
    if isinstance(h, tuple) and isinstance(new, tuple):
        return tuple(old.index_copy(0, rows, leaf) for old, leaf in zip(h, new, strict=True))
    assert isinstance(h, Tensor) and isinstance(new, Tensor)
    return h.index_copy(0, rows, new)


class _Watch:
    """Detects draws from a generator that all runs share, which would mix up the runs' numbers.

    It compares the generators' states with those at its creation, a few times only.
    """

    LOOKS = 4

    def __init__(self) -> None:
        self._before, self._left = self._state(), self.LOOKS

    def look(self, what: str) -> None:
        """Check the generators.

        Raises:
            Unstackable: something was drawn from one of them.
        """
        if self._left:
            self._left -= 1
            if self._state() != self._before:
                raise Unstackable(f"{what} draws from a global generator")

    @staticmethod
    def _state() -> tuple[Any, ...]:
        _, keys, *place = np.random.get_state()  # noqa: NPY002
        drawn = [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [])]
        return [t.numpy().tobytes() for t in drawn], random.getstate(), np.asarray(keys).tobytes(), *place
