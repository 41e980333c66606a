"""Several seeds of one cell trained as one: their weights stacked, their batches one after another as one batch.

Nothing is shared between slots but the time that a step takes: each row meets its own run's weights, rows are
reduced to one loss a run, and what is differentiated is the sum of the losses. So a run's result is that of the
loop but for the last bits. Those depend on the number of slots, which is therefore fixed, and perhaps on a run's
place, which is its seed's; a short block is filled up by repeating a run.
"""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixsuite.digest import digest
from mixsuite.domains.contract import Data, Ragged, Staged, State, concatenate, site_shapes, take_rows
from mixsuite.domains.stack import Unstackable, stack, unstack
from mixsuite.mixing import Batch, Plan, Tail, two_term_loss
from mixsuite.mixing.engine import join, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.training import loop
from mixsuite.training.feed import Feed
from mixsuite.training.job import Diverged, Fitted, Job, check_applies, task_info
from mixsuite.training.log import Best, Log, fitted
from mixsuite.training.memory import reset_peak
from mixsuite.training.optim import Optimizer, learning_rates

SMALL = 2**16  # numbers in a batch at its largest site


def fit(jobs: Sequence[Job]) -> list[Fitted | Exception]:
    """Train runs of one cell in blocks of ``job.block`` seeds; one by one what cannot be stacked.

    Returns:
        Of each job what it came to, or what ended it, as ``loop.fit`` does.
    """
    blocks = defaultdict[tuple[Any, ...], list[int]](list)
    for number, job in enumerate(jobs):
        blocks[_shape(job)].append(number)
    found: dict[int, Fitted | Exception] = {}
    for numbers in blocks.values():
        found |= zip(numbers, _fit_block([jobs[i] for i in numbers]), strict=True)
    return [found[number] for number in range(len(jobs))]


def worthwhile(model: Staged, data: Data, batch: int) -> bool:
    """Whether seeds of a task train faster side by side: while a batch's states are small, a step's time is that of
    calling its operations; measured on one CPU core, 1.3 to 3.5 times faster below ``SMALL`` and no gain above."""
    if isinstance(data.train.x, Ragged):
        return False
    first = take_rows(data.train.x, torch.arange(1, device=data.train.y.device))
    numbers = max(math.prod(shape) for shape in site_shapes(model, first).values())
    return batch * numbers <= SMALL


def _shape(job: Job) -> tuple[Any, ...]:
    """What the runs of a block have in common."""
    weights = tuple((name, tuple(value.shape)) for name, value in job.model.state_dict().items())
    return job.seed // job.block, job.steps, weights, type(job.data.train.x), job.data.train.weight is None


def _fit_block(jobs: Sequence[Job]) -> list[Fitted | Exception]:
    if any(job.seed % job.block == other.seed % job.block for i, job in enumerate(jobs) for other in jobs[:i]):
        raise ValueError("two jobs of one seed: the runs of a block are those of one cell")
    if not jobs[0].method.stackable or jobs[0].recipe.dropout or jobs[0].block == 1:
        return loop.fit(jobs)
    start = [{k: v.clone() for k, v in job.model.state_dict().items()} for job in jobs]
    try:
        return _Block(jobs).train()
    except Exception as error:
        for job, weights in zip(jobs, start, strict=True):
            job.model.load_state_dict(weights)
        if isinstance(error, Unstackable):
            return loop.fit(jobs)
        # One run of the block went wrong: each is trained in a block of its own, and the guilty one fails alone.
        return [error] if len(jobs) == 1 else [outcome for job in jobs for outcome in _fit_block([job])]


class _Block:
    """Runs side by side. Slot s holds the run with seed % block == s, or where there is none the first one."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.job = first = jobs[0]
        if isinstance(first.data.train.x, Ragged):
            raise Unstackable("rows of unequal size that are kept unpadded")
        infos = [task_info(job) for job in jobs]
        for job, info in zip(jobs, infos, strict=True):
            check_applies(job, info)
        self.feeds = [Feed(job, info) for job, info in zip(jobs, infos, strict=True)]
        self.logs, self.bests = [Log(job) for job in jobs], [Best(job) for job in jobs]
        self.init = [digest(*job.model.state_dict().values()) for job in jobs]
        self.ended: dict[int, Exception] = {}
        held = {job.seed % first.block: number for number, job in enumerate(jobs)}
        self.of_slot = [held.get(slot, 0) for slot in range(first.block)]  # the job in each slot
        self.slot_of = [job.seed % first.block for job in jobs]

        feeds, self.entry = [self.feeds[number] for number in self.of_slot], self.feeds[0].entry
        sizes = [len(feed.job.data.train) for feed in feeds]
        begins = np.cumsum([0, *sizes[:-1]])
        self.x = concatenate([feed.x for feed in feeds])
        self.y = torch.cat([feed.job.data.train.y for feed in feeds])
        weights = [feed.job.data.train.weight for feed in feeds]
        self.weight = None if weights[0] is None else torch.cat([w for w in weights if w is not None])
        self.rows = torch.cat([feed.rows + int(begin) for feed, begin in zip(feeds, begins, strict=True)], 1)
        self.model = stack([jobs[number].model for number in self.of_slot], self.entry)

    def train(self) -> list[Fitted | Exception]:
        job, model, feed = self.job, self.model, self.feeds[0]
        optimizer, rates = Optimizer(job.recipe, model.parameters()), learning_rates(job.recipe, job.steps)
        rows_seen, losses = 0, list[Tensor]()
        model.train()
        reset_peak(feed.device)
        started = time.perf_counter()
        with loop.autocast(job.recipe.precision, feed.device):
            for step in range(job.steps):
                values, rows = self._step(step)
                rows_seen += rows
                values.sum().backward()
                optimizer.step(rates[step])
                losses.append(values.detach())
                if step in self.logs[0].ends:
                    self._point(step, torch.stack(losses).mean(0).tolist())
                    losses = []
                if step in self.bests[0].ends:
                    self._look()
        loop.wait(feed.device)
        seconds = (time.perf_counter() - started) / job.block
        return [self._outcome(number, seconds, rows_seen / job.block) for number in range(len(self.feeds))]

    def _step(self, step: int) -> tuple[Tensor, int]:
        """(the objective of every slot [S], rows that entered the last stage)"""
        job, rows = self.job, self.rows[step]
        method, loss_of_rows = job.method, LOSSES[job.data.kind]
        x = take_rows(self.x, rows)
        if job.augment is not None:
            x = job.augment(x, torch.cat([self.feeds[number].augment(step) for number in self.of_slot]))
        y, weight = self.y[rows], None if self.weight is None else self.weight[rows]
        plans = self._plans(step, x, y, weight) if method.active(step, job.steps) else None
        sites = [self.feeds[number].sites[step] for number in self.of_slot]
        batch = Batch(y, (), self.feeds[0].progress[step], {}, None, weight, job.block)
        if plans is None or not method.mixes or len(set(sites)) == 1:
            gap = self.model.sites[sites[0]]
            tail = Tail(partial(self.model, start=gap))
            plan = join(plans, job.batch) if plans is not None and method.mixes else None
            return step_loss(method, tail, self.model(x, self.entry, gap), batch, plan, loss_of_rows), tail.rows
        out = self._mixed_on_the_way(x, sites, plans)
        targets = [Plan(plan.partner, plan.wy, plan.wy, plan.own, plan.weight) for plan in plans]
        return two_term_loss(out, batch, join(targets, job.batch), loss_of_rows), len(out)

    def _plans(self, step: int, x: State, y: Tensor, weight: Tensor | None) -> list[Plan]:
        """The plan of every slot, each drawn by its own run from its own rows."""
        method, size, plans = self.job.method, self.job.batch, list[Plan]()
        targets, weights = y.split(size), None if weight is None else weight.split(size)
        for feed, log, slot in zip(self.feeds, self.logs, self.slot_of, strict=True):
            shown = _slice(x, slot * size, size) if method.needs_x else x
            batch = feed.seen(step, shown, targets[slot], None if weights is None else weights[slot])
            before = _global_state() if step < 2 else None
            plan = method.plan(batch, feed.rng.at(step))
            if before != (_global_state() if step < 2 else None):
                raise Unstackable("plan() draws from a global generator")
            log.note(step, feed.sites[step], plan)
            plans.append(plan)
        rows = {len(plan.partner) for plan in plans}
        if len(rows) > 1:
            raise Unstackable(f"plans of {rows} rows in one step")
        return [plans[number] for number in self.of_slot]

    def _mixed_on_the_way(self, x: State, sites: list[str], plans: list[Plan]) -> Tensor:
        """Outputs where each slot is mixed at a site of its own."""
        method, size, at, h = self.job.method, self.job.batch, self.entry, x
        if not method.mixes_alone or any(len(plan.partner) != size for plan in plans):
            raise Unstackable("a random site, and more than the mixed rows in the objective")
        for site in sorted(set(sites), key=lambda name: self.model.sites[name]):
            h, at = self.model(h, at, self.model.sites[site]), self.model.sites[site]
            slots = [slot for slot, drawn in enumerate(sites) if drawn == site]
            rows = (torch.tensor(slots)[:, None] * size + torch.arange(size)).flatten().to(self.rows.device)
            part = take_rows(h, rows)
            assert not isinstance(part, Ragged)
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
                unstack(self.model, slot, self.feeds[number].job.model, self.entry)
                self.logs[number].points[-1]["valid"] = self.bests[number].look()

    def _outcome(self, number: int, seconds: float, rows: float) -> Fitted | Exception:
        if number in self.ended:
            return self.ended[number]
        feed, log, best = self.feeds[number], self.logs[number], self.bests[number]
        unstack(self.model, self.slot_of[number], feed.job.model, self.entry)
        try:
            return fitted(feed, log, best, self.init[number], seconds, rows, "lockstep")
        except Diverged as error:
            return error


def _slice(h: State, begin: int, size: int) -> State:
    if isinstance(h, tuple):
        return tuple(leaf.narrow(0, begin, size) for leaf in h)
    assert isinstance(h, Tensor)
    return h.narrow(0, begin, size)


def _put(h: State, rows: Tensor, new: State) -> State:
    if isinstance(h, tuple) and isinstance(new, tuple):
        return tuple(old.index_copy(0, rows, leaf) for old, leaf in zip(h, new, strict=True))
    assert isinstance(h, Tensor) and isinstance(new, Tensor)
    return h.index_copy(0, rows, new)


def _global_state() -> tuple[Any, ...]:
    """Of the generators that a plan must not draw from: run side by side, it would draw what another run would."""
    _, keys, *place = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), np.asarray(keys).tobytes(), *place
