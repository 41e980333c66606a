"""What each step of a run sees, drawn in advance."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.domains.contract import State, first_leaf, take_rows
from mixsuite.errors import InputError
from mixsuite.mixing import Batch, Plan, TaskInfo, TrainInfo
from mixsuite.rng import Rng, batch_order, uniforms
from mixsuite.training.job import Job
from mixsuite.training.predict import run_stages


class Feed:
    """The order of rows, the site and the augmentation of every step: a function of the job's data, recipe and
    seed, never of its method but for the method's own site, length and hold.

    rows:  [steps, B] row numbers. sites: of every step. entry: the stage at which ``x`` enters the model.

    Raises:
        InputError: batches larger than the training part.
    """

    def __init__(self, job: Job, info: TaskInfo) -> None:
        if job.recipe.batch > len(job.data.train):
            raise InputError(f"recipe's batch={job.recipe.batch}: the task has {len(job.data.train)} training rows")
        self.job, self.info = job, info
        train, steps, batch = job.data.train, job.steps, job.batch
        first = first_leaf(train.x)
        self.device, self.dtype = first.device, first.dtype
        held = -(-steps // job.method.hold)
        pieces = batch_order(job.seed, len(train), job.recipe.batch, held * job.method.batch)
        self.order = pieces.reshape(held, batch).repeat(job.method.hold, axis=0)[:steps]
        self.rows = torch.from_numpy(self.order).to(first.device)
        by_depth = sorted(info.sites, key=lambda name: (job.model.sites[name], name))
        self.sites = _sites(job, by_depth, steps)
        self.progress = torch.arange(steps, device=first.device, dtype=torch.float32).div(steps).unbind()
        self.rng = Rng(job.seed, batch, first.device, first.dtype)
        self._draws = Rng(job.seed, 4 * batch, first.device, first.dtype)
        # Stages without weights are run once, unless something random happens before or within them.
        shallowest = min(job.model.sites[site] for site in set(self.sites))
        known = job.augment is None and shallowest >= job.model.fixed
        self.entry = job.model.fixed if known else 0
        self.x = run_stages(job.model, train, 0, self.entry)
        told = TrainInfo(self.x, train.y, len(train), info.classes, info.kind, job.data.groups)
        self.stats = job.method.prepare(told)

    def augment(self, step: int) -> Tensor:
        """The uniforms of a step's augmentation. [B, 4]"""
        return self._draws.at(step // self.job.method.hold).uniform(self.job.batch, 4, kind="suite augment")

    def seen(self, step: int, x: State, y: Tensor, weight: Tensor | None) -> Batch:
        """What the method sees of a step's rows."""
        method, shape = self.job.method, self.info.sites[self.sites[step]]
        shown, turn = x if method.needs_x else None, step % method.hold
        return Batch(y, shape, self.progress[step], self.stats, shown, weight, turn=turn)

    def plan(self, step: int, batch: Batch) -> Plan:
        """The method's plan of a step."""
        return self.job.method.plan(batch, self.rng.at(step // self.job.method.hold))

    def batch(self, step: int) -> tuple[State, Batch]:
        """(input rows, what the method sees) of one step."""
        train, rows = self.job.data.train, self.rows[step]
        x = take_rows(self.x, rows)
        if self.job.augment is not None:
            x = self.job.augment(x, self.augment(step))
        weight = None if train.weight is None else train.weight[rows]
        return x, self.seen(step, x, train.y[rows], weight)


def _sites(job: Job, names: list[str], steps: int) -> list[str]:
    """The site of every step: the method's own, or for "random" drawn among all but ``wave``."""
    if job.method.site != "random":
        return [job.method.site] * steps
    names = [name for name in names if name != "wave"]
    u = uniforms(job.seed, "draw/site", 0, steps, 1)[:, 0]
    return [names[int(u[step // job.method.hold] * len(names))] for step in range(steps)]
