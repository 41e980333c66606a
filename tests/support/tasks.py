"""Tasks opened: their data, models and jobs."""

import tomllib
from functools import cache
from pathlib import Path

import torch
from support.augmentations import augmentations
from support.models import model_of
from support.paths import ROOT, TOYS

from mixsuite.domains.build import make_data, make_model
from mixsuite.evaluation.scores import error_or_rmse
from mixsuite.experiment.build import make_dataset, make_domain, make_method
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.plugins.kinds import OPTIMIZER, SCHEDULE
from mixsuite.plugins.load import load_plugin, resolve_path
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.recipe import Recipe
from mixsuite.training.schedule import Schedule


def _recipes_of_toys():
    """The recipes that only the studies of claims have."""
    found = {}
    for study, name in (("gan", "points_gan"), ("rare_features", "feature_noise")):
        text = (ROOT / "benchmarks" / "claims" / f"{study}.toml").read_text()
        recipe = tomllib.loads(text)["quick"]["recipes"][name]
        found[name] = check_model(
            Recipe,
            recipe | {key: resolve_path(recipe[key], TOYS.parent) for key in ("model", "augment") if key in recipe},
            study,
        )
    return found


QUICK = load_matrix("quick").model_copy(update={"recipes": _recipes_of_toys()})


@cache
def raw_of(entry):
    """A data set's rows, read once a process."""
    return make_dataset(resolve_task(entry, QUICK)).load(Path())


@cache
def data_of(entry, seed=0, dtype=torch.float32):
    """A task's data."""
    task = resolve_task(entry, QUICK)
    return make_data(make_domain(task), make_dataset(task), raw_of(entry), seed, dtype=dtype)


def recipe_of(entry, **values):
    """A task's recipe, with other values."""
    return check_model(Recipe, dict(resolve_task(entry, QUICK).recipe) | values, "test")


def opened(entry, seed=0, **values):
    """(data, untrained model) of a task."""
    data, recipe = data_of(entry, seed), recipe_of(entry, **values)
    return data, make_model(model_of(recipe, resolve_task(entry, QUICK).address("model")), data, seed)


def job_of(entry, method, seed=0, dtype=torch.float64, select="last", block=1, **values):
    """A run of a task, ready to train."""
    task, data, recipe = resolve_task(entry, QUICK), data_of(entry, seed, dtype), recipe_of(entry, **values)
    model = make_model(model_of(recipe, task.address("model")), data, seed)
    made, augment = make_method(resolve_method(method)), augmentations(recipe.augment, task)
    parts = (
        load_plugin(kind, text, base).instance
        for kind, text, base in ((OPTIMIZER, recipe.optimizer, Optimizer), (SCHEDULE, recipe.schedule, Schedule))
    )
    return Job(task.domain, data, model, made, recipe, seed, select, augment, block, error_or_rmse, *parts)
