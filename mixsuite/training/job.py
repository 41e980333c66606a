"""The input and the output of an executor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import Ragged, State, take_rows
from mixsuite.domains.augmentation import Augmentation
from mixsuite.errors import SkipRun
from mixsuite.mixing import Method, TaskInfo, TrainInfo
from mixsuite.mixing.method import why_not
from mixsuite.models.across import across, check_rows_apart
from mixsuite.models.base import Staged, site_shapes
from mixsuite.models.ranks import Ranks
from mixsuite.training.checkpoint import Checkpoint
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.recipe import Recipe
from mixsuite.training.schedule import Schedule

CHECKED_ROWS = 16  # on which a net whose rows are shared is compared with itself
Score = Callable[[Tensor, Tensor, str], float]


def _nothing() -> None:
    pass


class Diverged(RuntimeError):
    """The loss or the weights became infinite or NaN."""


@dataclass(frozen=True)
class Job:
    """One run, ready to train: data on the device, a model with its initial weights, and a method.

    domain:  the domain's name, for methods.
    select:  which weights to keep: "last" | "best_validation".
    augment: what is done to a batch's rows, one after another.
    block:   number of runs that lockstep trains as one.
    score:   (outputs, targets, kind) -> metric, lower is better; "best_validation" needs it.
    optimizer, schedule: None: the built-in ones that the recipe names.
    checkpoint: of the training, if it keeps one; in lockstep that of a block's first job is the block's.
    ranks:   the processes that train the run together; None: this one alone.
    beat:    called at every step, so that whoever waits knows that the training gets on.
    """

    domain: str
    data: Data
    model: Staged
    method: Method
    recipe: Recipe
    seed: int
    select: str = "last"
    augment: tuple[Augmentation, ...] = ()
    block: int = 1
    score: Score | None = None
    optimizer: Optimizer | None = None
    schedule: Schedule | None = None
    checkpoint: Checkpoint | None = None
    ranks: Ranks | None = None
    beat: Callable[[], None] = _nothing

    @cached_property
    def batch(self) -> int:
        """Rows per step: the recipe's batch, times the method's."""
        return self.recipe.batch * self.method.batch

    @cached_property
    def steps(self) -> int:
        """Steps in all: the recipe's length, times the method's."""
        return self.recipe.length(len(self.data.train)) * self.method.length


@dataclass(frozen=True)
class TrainResult:
    """A trained model and what its training cost.

    curve:         up to 50 points {"step", "loss"(, "valid")}: the mean training objective since the last point, and
                   the validation metric if it was computed.
    seconds:       time of the training loop alone; in lockstep a slot's share of it.
    rows_per_step: rows that enter the last stage in differentiated forward passes, the mean over steps.
    peak_memory:   in bytes: of the process on a CPU, of the device's allocations on a GPU.
    digests:       "init", "order", "draws", "plan", "weights".
    executor:      its "kind" and "block".
    """

    model: Staged
    curve: list[dict[str, float]]
    seconds: float
    steps: int
    rows_per_step: float
    peak_memory: int
    digests: dict[str, str]
    executor: dict[str, Any]


def task_info(job: Job) -> TaskInfo:
    """What the job's method may know of its task."""
    data = job.data
    first = take_rows(data.train.x, torch.arange(1, device=data.train.y.device))
    shapes = site_shapes(job.model, first)
    return TaskInfo(job.domain, data.kind, data.classes, shapes, job.batch, len(data.train))


def shared(job: Job) -> Job:
    """The job with a net whose calls share their rows among its ranks, if it has any.

    Raises:
        SkipRun: the net cannot be shared.
    """
    if job.ranks is None:
        return job
    sites = job.model.inner if job.method.site == "random" else [job.method.site]
    some = min(max(CHECKED_ROWS, job.ranks.world), len(job.data.train))
    rows = torch.arange(some, device=job.data.train.y.device)
    net = across(job.model, job.ranks, sites)
    check_rows_apart(job.model, net, take_rows(job.data.train.x, rows), job.ranks.any_of)
    return replace(job, model=net)


def train_info(job: Job, x: State) -> TrainInfo:
    """The training part for the job's method. x: [n, ...] as it enters the model."""
    data = job.data
    return TrainInfo(x, data.train.y, len(data.train), data.classes, data.kind, data.groups)


def check_applies(job: Job, info: TaskInfo) -> None:
    """Check that the method can run on the task.

    Raises:
        SkipRun: it cannot; the message gives the reason, for the record.
    """
    reason = why_not(job.method, info)
    if reason and isinstance(job.data.train.x, Ragged) and job.method.site not in info.sites:
        reason = f"{reason}: {job.data.train.x.cause}"
    inner = job.method.site in job.model.inner or (job.method.site == "random" and bool(job.model.inner))
    if not reason and inner and not job.method.mixes_alone and job.method.mixes:
        reason = (
            f"it has terms of its own, for which this model has no stages at {', '.join(job.model.inner)}, only named "
            f"submodules (site={next(iter(job.model.sites))} is open to it)"
        )
    if not reason and job.model.members > 1 and not job.method.mixes_alone:
        reason = f"it has terms of its own, for which this model's {job.model.members} predictions a row are too many"
    if reason:
        raise SkipRun(reason)
