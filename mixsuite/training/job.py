"""What goes into an executor and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import State, take_rows
from mixsuite.errors import SkipRun
from mixsuite.mixing import Method, TaskInfo, TrainInfo
from mixsuite.mixing.method import why_not
from mixsuite.models.base import Staged, site_shapes
from mixsuite.training.recipe import Recipe

Augment = Callable[[State, Tensor], State]
Score = Callable[[Tensor, Tensor, str], float]


class Diverged(RuntimeError):
    """The loss or the weights became infinite or NaN."""


@dataclass(frozen=True)
class Job:
    """One run, ready to train: data on the device, a model with its initial weights, a method.

    domain:  its name, told to methods.
    select:  "last" | "best_validation"; score: of outputs and targets of a kind, lower is better: what the latter needs.
    augment: (x [B, ...], u [B, 4] uniform) -> x, or None.
    block:   the number of runs that lockstep trains as one.
    """

    domain: str
    data: Data
    model: Staged
    method: Method
    recipe: Recipe
    seed: int
    select: str = "last"
    augment: Augment | None = None
    block: int = 1
    score: Score | None = None

    @property
    def batch(self) -> int:
        """Rows a step: the recipe's, times the method's own multiple."""
        return self.recipe.batch * self.method.batch

    @property
    def steps(self) -> int:
        """Steps in all: the recipe's, times the method's own multiple."""
        return self.recipe.length(len(self.data.train)) * self.method.length


@dataclass(frozen=True)
class TrainResult:
    """A trained model and what its training cost.

    curve:        up to 50 points {"step", "loss"(, "valid")}: the mean training objective since the last
                  point, and the validation metric where it was looked at.
    seconds:      of the training loop alone; in lockstep a slot's share of it.
    rows_per_step: rows that enter the last stage, over differentiated forward passes, mean over steps.
    peak_memory:  bytes, of the process on CPU, of the device's allocations on a GPU.
    digests:      "init", "order", "draws", "plan", "weights".
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


def train_info(job: Job, x: State) -> TrainInfo:
    """The training part for the job's method. x: [n, ...] as it enters the model."""
    data = job.data
    return TrainInfo(x, data.train.y, len(data.train), data.classes, data.kind, data.groups)


def check_applies(job: Job, info: TaskInfo) -> None:
    """Whether the method can run on the task.

    Raises:
        SkipRun: it cannot: the reason, for the record.
    """
    reason = why_not(job.method, info)
    if reason:
        raise SkipRun(reason)
