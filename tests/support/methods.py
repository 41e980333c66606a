"""Methods and their plans of one step."""

from functools import cache

import numpy as np
import torch

from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Batch
from mixsuite.mixing.rng import Rng


@cache
def method(text):
    """The method of an entry."""
    return make_method(resolve_method(text))


@cache
def _rng(seed, width, dtype=torch.float32):
    """A generator that keeps the blocks that it drew: ``at(step)`` gives a step's draws whatever was drawn before."""
    return Rng(seed, width, dtype=dtype)


def rows(n=12, shape=(2, 7, 10), seed=0):
    """Normal rows."""
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(seed))


def plan_of(text, y=None, shape=(2, 7, 10), step=0, x=None, stats=None, n=12):
    """A method's plan for a batch of three classes."""
    y = torch.arange(n) % 3 if y is None else y
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), stats or {}, x), _rng(0, len(y)).at(step))


def picture_plan(text, n=16, shape=(3, 8, 8), seed=0, step=0, classes=4):
    """A method's plan for a batch of pictures."""
    y = torch.arange(n) % classes
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), {}), _rng(seed, n).at(step))


def exact_plan(text, n=12, shape=(3, 6, 6), step=2, seed=0):
    """A method's plan in float64."""
    y = torch.arange(n) % 4
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), {}), _rng(seed, n, torch.float64).at(step))


def shares(text="mixup", steps=400, **given):
    """The target's share of row 0 over many steps."""
    return np.array([float(plan_of(text, step=s, **given).wy[0]) for s in range(steps)])
