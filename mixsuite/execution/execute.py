"""Execute a run: build its data and model, train it, and turn its outputs into numbers.

A run's code identity begins at this file (``experiment.code``): every run's hash covers all that this file imports. How
the runner talks to a worker, and what a worker keeps between runs, is no part of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch

from mixsuite.data.rows import Data, Raw, Subset
from mixsuite.data.streamed import Streamed
from mixsuite.domains.build import make_data, make_model
from mixsuite.evaluation.scores import LARGEST, error_or_rmse, evaluate
from mixsuite.execution.result import RunResult
from mixsuite.experiment.parts import Parts
from mixsuite.experiment.spec import RunSpec, Task
from mixsuite.mixing.method import Method
from mixsuite.mixing.rng import torch_seed
from mixsuite.models.base import Staged
from mixsuite.plugins.validate import check_model
from mixsuite.training.executors import EXECUTORS
from mixsuite.training.job import Job, TrainResult
from mixsuite.training.predict import predict
from mixsuite.training.recipe import Recipe

MOST_TRAIN = 10_000
_DTYPES = {"float32": torch.float32, "bf16": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class OpenTask:
    """A task with its data on the device, split and encoded for one seed."""

    task: Task
    parts: Parts
    data: Data
    recipe: Recipe
    seed: int

    def model(self) -> Staged:
        """Build the recipe's model with the weights that it starts from."""
        return make_model(self.parts.model, self.data, self.seed, self.parts.weights)


def open_task(
    task: Task, parts: Parts, raw: Raw, seed: int, device: str, known: Data | None = None, readers: int = 0
) -> OpenTask:
    """Open a task for one seed: split and encode its rows, and put them on the device.

    known: the task's data for the seed, where they were opened before.
    readers: number of processes that read ahead rows that are not in memory.

    Raises:
        InputError: the rows cannot be split or encoded as asked, or the recipe is not valid.
    """
    recipe: Recipe = check_model(Recipe, dict(task.recipe), f"recipe {task.recipe_name}")
    data = known or make_data(
        parts.domain, parts.dataset, raw, seed, device, _DTYPES[recipe.precision], task.fold, readers
    )
    return OpenTask(task, parts, data, recipe, seed)


def make_job(opened: OpenTask, run: RunSpec, method: Method, block: int) -> Job:
    """Make a run ready to train. block: the number of runs that lockstep trains as one."""
    return Job(
        run.task.domain,
        opened.data,
        opened.model(),
        method,
        opened.recipe,
        run.seed,
        run.task.select,
        opened.parts.augment,
        block,
        error_or_rmse,
        opened.parts.optimizer,
        opened.parts.schedule,
    )


def train(jobs: list[Job], executor: str) -> list[TrainResult | Exception]:
    """Train jobs; return the result of each, or the exception that ended it."""
    return EXECUTORS[executor](jobs)


def outputs(trained: TrainResult, data: Data) -> tuple[torch.Tensor, torch.Tensor]:
    """Predict the test part: outputs [n, outputs] and targets [n, ...], for regression in the target's units."""
    return _in_units(trained, data, data.test)


def _in_units(trained: TrainResult, data: Data, part: Subset) -> tuple[torch.Tensor, torch.Tensor]:
    out, y = predict(trained.model, part), part.y
    return (data.unscaled(out), data.unscaled(y)) if data.kind == "regression" else (out, y)


def train_error(trained: TrainResult, data: Data) -> float | None:
    """The error or the RMSE of a trained model on its training rows, unmixed; None if it is no number.

    Of rows that are not in memory it is that of MOST_TRAIN at most, evenly spread.
    """
    train = data.train
    if isinstance(train.x, Streamed):
        places = torch.from_numpy(train.x.spread(MOST_TRAIN)).to(train.y.device)
        train = Subset(train.x.part(places.cpu().numpy()), train.y[places])
    out, y = _in_units(trained, data, train)
    error = error_or_rmse(out.cpu(), y.cpu(), data.kind)
    return error if abs(error) < LARGEST else None


def result_of(
    trained: TrainResult, data: Data, predicted: tuple[torch.Tensor, torch.Tensor], deterministic: bool
) -> RunResult:
    """Evaluate a trained model on the test part; the result also says what its training cost.

    predicted: its ``outputs``.
    """
    out, y = predicted
    valid = (predict(trained.model, data.valid), data.valid.y) if len(data.valid) else (None, None)
    try:
        scores = evaluate(out, y, data.kind, *valid)
    except FloatingPointError as error:
        return RunResult("failed", f"not a number: {error}")
    bad = [name for name, value in scores["metrics"].items() if not abs(value) < LARGEST]
    if bad:
        return RunResult("failed", f"not a number: {', '.join(bad)}")
    return RunResult(
        "ok",
        **scores,
        curve=trained.curve,
        seconds=trained.seconds,
        steps=trained.steps,
        rows_per_step=trained.rows_per_step,
        peak_memory=trained.peak_memory,
        parameters=sum(p.numel() for p in trained.model.parameters()),
        parts={"train": len(data.train), "valid": len(data.valid), "test": len(data.test)},
        split=data.split,
        executor=trained.executor | {"deterministic": deterministic},
        digests=data.digests | trained.digests,
        train_error=train_error(trained, data),
    )


def reset_global_state(seed: int) -> None:
    """Reset the process's global state, so that every run starts from the same one.

    A careless method may change this state or draw from it, which must not affect the next run. mixsuite itself never
    reads it.
    """
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)
    number = torch_seed(seed, "global state")
    torch.manual_seed(number)
    np.random.seed(number % 2**32)  # noqa: NPY002
    random.seed(number)
