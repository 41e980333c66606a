"""What each step of a run sees: its rows, augmented, and its site."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.rows import Subset
from mixsuite.data.state import State, concatenate, first_leaf, take_rows
from mixsuite.data.streamed import Streamed
from mixsuite.domains.augmentation import Augmenter
from mixsuite.errors import InputError
from mixsuite.mixing import Batch, Plan, TaskInfo
from mixsuite.mixing.memory import memory_of
from mixsuite.mixing.plan import check_numbers, own_rows_first
from mixsuite.mixing.rng import Rng, batch_order
from mixsuite.mixing.sites import drawable_sites, random_sites
from mixsuite.training.ahead import Drawn, draws_ahead
from mixsuite.training.job import Job, train_info
from mixsuite.training.predict import run_stages


class StepInputs(NamedTuple):
    """What changes from one step to the next.

    rows:     [B] row numbers; behind them those of rows from outside the batch.
    progress: 0-d, the share of the steps already done.
    x:        the rows [B, ...] as they were read or augmented; None: as they are in memory.
    plans:    what is mixed: one plan, or one for each run; () where the method is inactive.
    """

    rows: Tensor
    progress: Tensor
    x: State | None
    plans: tuple[Plan, ...]


class ReadInOrder:
    """Batches of rows that are not in memory, read ahead in the order in which steps ask for them.

    order: [batches, B] the rows' places in x.
    """

    def __init__(self, x: State, order: np.ndarray) -> None:
        assert isinstance(x, Streamed)
        self._x, self._order = x, order
        self._number = -1
        self._batch: State | None = None
        self._next: Generator[State] | None = None

    def at(self, number: int) -> State:
        """Batch ``number``: the last one again, the next one, or one from which reading begins anew."""
        if number == self._number and self._batch is not None:
            return self._batch
        if number != self._number + 1 or self._next is None:
            self.close()
            self._next = self._x.batches(self._order[number:])
        self._number, self._batch = number, next(self._next)
        return self._batch

    def close(self) -> None:
        """Read no further."""
        if self._next is not None:
            self._next.close()


class _OnHost(NamedTuple):
    """What a method that draws ahead sees of the training part, on the host."""

    y: Tensor
    weight: Tensor | None
    stats: dict[str, Tensor]
    progress: tuple[Tensor, ...]


def _on_host(train: Subset, stats: dict[str, Tensor], progress: tuple[Tensor, ...]) -> _OnHost:
    weight = None if train.weight is None else train.weight.cpu()
    return _OnHost(train.y.cpu(), weight, {name: value.cpu() for name, value in stats.items()}, progress)


class BatchSource:
    """The order of rows, their augmentation and the site of every step.

    They depend on the job's data, recipe and seed; of its method only site, batch, length and repeat_batch count.

    rows:        [steps, B] row numbers.
    sites:       the site of every step.
    first_stage: the stage at which ``x`` enters the model.
    x:           [n, ...] the training part's state there.

    Raises:
        InputError: batches are larger than the training part.
    """

    def __init__(self, job: Job, info: TaskInfo) -> None:
        if job.recipe.batch > len(job.data.train):
            raise InputError(f"recipe's batch={job.recipe.batch}: the task has {len(job.data.train)} training rows")
        self.job, self.info = job, info
        train, steps, batch = job.data.train, job.steps, job.batch
        first = first_leaf(train.x)
        self.device, self.dtype = first.device, first.dtype
        batches = -(-steps // job.method.repeat_batch)
        pieces = batch_order(job.seed, len(train), job.recipe.batch, batches * job.method.batch)
        self.order = pieces.reshape(batches, batch).repeat(job.method.repeat_batch, axis=0)[:steps]
        self.rows_at = torch.from_numpy(self.order)  # on the host
        self.rows = self.rows_at.to(first.device)
        self.sites = [job.method.site] * steps
        if job.method.site == "random":
            names = [*drawable_sites(job.model.sites), *job.model.inner]
            self.sites = random_sites(job.seed, names, 0, steps, job.method.repeat_batch)
        progress = torch.arange(steps, dtype=torch.float32).div(steps)
        self.progress = progress.to(first.device).unbind()
        self._augmenter = Augmenter(job.augment, job.data.shown(), job.seed)
        # Stages without weights run once, unless rows are augmented before them, or mixed before or within them.
        shallowest = min(job.model.sites.get(site, 0) for site in set(self.sites))
        held = not isinstance(train.x, Streamed)
        runs_once = held and not job.augment and shallowest >= job.model.num_fixed_stages
        self.first_stage = job.model.num_fixed_stages if runs_once else 0
        self.x = run_stages(job.model, train, 0, self.first_stage)
        self.stats = job.method.prepare(train_info(job, self.x))
        self.memory = memory_of(job.method, job.model, train_info(job, self.x), self.device)
        self.ahead = draws_ahead(job.method)
        shown = self.progress if first.device.type == "cpu" else progress.unbind()
        self._host = _on_host(train, self.stats, shown) if self.ahead else None
        self._read = ReadInOrder(self.x, self.order[:: job.method.repeat_batch]) if not held else None
        self.rng = Rng(job.seed, batch, "cpu" if self.ahead else first.device, first.dtype)

    def close(self) -> None:
        """Read nothing ahead any more."""
        if self._read is not None:
            self._read.close()

    def augmented(self, step: int, x: State, more: bool = False) -> State:
        """A step's rows x [B, ...] as the recipe augments them. more: those that the method asks for besides."""
        return self._augmenter(x, step // self.job.method.repeat_batch, more) if self.job.augment else x

    def seen(self, step: int, x: State, y: Tensor, weight: Tensor | None) -> Batch:
        """What the method sees of a step's rows x [B, ...], y [B, ...] and weight [B] or None."""
        return self._seen(step, self.rows[step], self.progress[step], x, y, weight)

    def _seen(self, step: int, rows: Tensor, progress: Tensor, x: State, y: Tensor, weight: Tensor | None) -> Batch:
        """As ``seen``, of these rows: the batch's own first."""
        job, shape = self.job, self.info.sites[self.sites[step]]
        return Batch(
            y, shape, progress, self.stats, x if job.method.needs_x else None, weight, 1,
            step % job.method.repeat_batch, step, job.steps, rows, job.batch, self.memory,
        )  # fmt: skip

    def plan(self, step: int, batch: Batch) -> Plan:
        """Draw the method's plan for a step."""
        plan = self.job.method.plan(batch, self.rng.at(step // self.job.method.repeat_batch))
        return own_rows_first(plan, batch.size) if len(batch.y) > batch.size and isinstance(plan, Plan) else plan

    def draw_ahead(self, step: int) -> tuple[Drawn | None, Batch]:
        """(what a step draws, what the method sees of it), on the host, for a method that draws ahead.

        Raises:
            ValueError: the method asks for what are no rows of the training part.
        """
        batch = self._seen_on_host(step, self.rows_at[step])
        if not self.job.method.active(step, self.job.steps):
            return None, batch
        if (more := self.more_rows(step, batch)) is not None:
            batch = self._seen_on_host(step, torch.cat([self.rows_at[step], more]))
        return Drawn((self.plan(step, batch),), more), batch

    def _seen_on_host(self, step: int, rows: Tensor) -> Batch:
        """What the method sees of a step of these rows, the batch's own first."""
        host = self._host
        assert host is not None
        weight = None if host.weight is None else host.weight.index_select(0, rows)
        job, shape = self.job, self.info.sites[self.sites[step]]
        return Batch(
            host.y.index_select(0, rows), shape, host.progress[step], host.stats, None, weight, 1,
            step % job.method.repeat_batch, step, job.steps, rows, job.batch,
        )  # fmt: skip

    def with_more(self, step: int, x: State, batch: Batch) -> tuple[State, Batch]:
        """A step's rows and batch with the further training rows that the method asks for behind them.

        Raises:
            ValueError: it asks for what are no rows of the training part.
        """
        numbers = self.more_rows(step, batch)
        return (x, batch) if numbers is None else self.opened(step, self.inputs(step, Drawn((), numbers)))

    def more_rows(self, step: int, batch: Batch) -> Tensor | None:
        """The numbers [M] of the further training rows that the method asks for; None for none.

        Raises:
            ValueError: they are no rows of the training part.
        """
        draws = step // self.job.method.repeat_batch
        numbers = self.job.method.more_rows(batch, self.rng.at(draws))
        if numbers is None or not len(numbers):
            return None
        check_numbers(numbers, len(self.job.data.train))
        return numbers

    def batch(self, step: int) -> tuple[State, Batch]:
        """(input rows, what the method sees) of one step."""
        return self.opened(step, self.inputs(step, None))

    def inputs(self, step: int, drawn: Drawn | None) -> StepInputs:
        """All that changes from one step to the next, in tensors."""
        rows, more = self.rows[step], None if drawn is None else drawn.more
        x = None
        if self._read is not None:
            x = self.augmented(step, self._read.at(step // self.job.method.repeat_batch))
        elif self.job.augment:
            x = self.augmented(step, take_rows(self.x, rows))
        if x is not None and more is not None:
            x = concatenate([x, self.augmented(step, take_rows(self.x, more), more=True)])
        rows = rows if more is None else torch.cat([rows, more])
        return StepInputs(rows, self.progress[step], x, () if drawn is None else drawn.plans)

    def opened(self, step: int, inputs: StepInputs) -> tuple[State, Batch]:
        """(input rows, what the method sees) of a step whose tensors are given."""
        train, rows = self.job.data.train, inputs.rows
        x = take_rows(self.x, rows) if inputs.x is None else inputs.x
        weight = None if train.weight is None else train.weight[rows]
        return x, self._seen(step, rows, inputs.progress, x, train.y[rows], weight)
