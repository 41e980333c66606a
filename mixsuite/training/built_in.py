"""The optimiser and the schedule of a job that brings none: the built-in ones that its recipe names."""

from __future__ import annotations

from mixsuite.errors import unknown
from mixsuite.plugins.entry import parse_call
from mixsuite.training.job import Job
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.optimizers.adam import Adam
from mixsuite.training.optimizers.adamw import Adamw
from mixsuite.training.optimizers.sgd import Sgd
from mixsuite.training.schedule import Schedule
from mixsuite.training.schedules.constant import Constant
from mixsuite.training.schedules.cosine import Cosine
from mixsuite.training.schedules.linear import Linear
from mixsuite.training.schedules.step import Step

_OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": Sgd, "adam": Adam, "adamw": Adamw}
_SCHEDULES: dict[str, type[Schedule]] = {"constant": Constant, "linear": Linear, "cosine": Cosine, "step": Step}


def optimizer_of(job: Job) -> Optimizer:
    """A job's optimiser.

    Raises:
        InputError: it brings none, and its recipe names none of those that need no parameters.
    """
    if job.optimizer is not None:
        return job.optimizer
    name = job.recipe.optimizer
    if name not in _OPTIMIZERS:
        raise unknown("optimizer", name, _OPTIMIZERS)
    return _OPTIMIZERS[name]()


def schedule_of(job: Job) -> Schedule:
    """A job's schedule.

    Raises:
        InputError: it brings none, and its recipe names none of the plain ones.
    """
    if job.schedule is not None:
        return job.schedule
    call = parse_call(job.recipe.schedule)
    if call.name not in _SCHEDULES:
        raise unknown("schedule", call.name, _SCHEDULES)
    return _SCHEDULES[call.name](**dict(call.params))
