"""Probes, and models and rows of which every number is known."""

import numpy as np
import torch
from support.tasks import opened
from torch import nn

from mixsuite.data.rows import Data, Subset
from mixsuite.evaluation.base import Rows
from mixsuite.experiment.build import make_probe
from mixsuite.experiment.resolve import resolve_probe
from mixsuite.mixing.rng import Rng
from mixsuite.models.base import Staged

ENTRIES = {
    "images": "digits(rows=100)",
    "tabular": "titanic(rows=100)",
    "speech": "japanese_vowels(rows=100)",
    "graphs": "b3db(rows=60)",
}
SHORT = {"gradient_variance": "(repeats=10, pairs=10)", "black_box": "(train_steps=5)"}


def probe(text):
    """The probe of an entry."""
    return make_probe(resolve_probe(text))


def real(domain):
    """(data, untrained model) on real rows of a domain."""
    return opened(ENTRIES[domain])


def linear(weight):
    """Rows whose loss is the sum of weight * x: its gradient is the weight everywhere."""
    return lambda x: ((x[0] if isinstance(x, tuple) else x) * weight).sum()


def rows(train, loss=None, data=None, seed=0):
    """What a probe may know."""
    groups, numbers = (data.groups, data.numbers) if data else ((), ())
    return Rows(None, train, groups, numbers, loss, Rng(seed, 512))


class Told(nn.Module):
    """A model that says what it is told for each row of one number."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def forward(self, x, start=0, stop=None):
        return nn.functional.one_hot(self.classes[x[:, 0].round().long()], 3).float() + 0 * x


def line(n, y, clean):
    """Rows 0, 1, 2, ... with labels, and their clean labels."""
    x = torch.arange(n, dtype=torch.float32)[:, None].expand(n, 3).clone()
    part = Subset(x, torch.tensor(y))
    return Data(part, part, part, "class", 3, clean_labels=torch.tensor(clean))


def smooth(inputs, classes, width=7, seed=0):
    """A net without kinks, float64."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, classes)
    return Staged([nn.Sequential(*layers)], {"input": 0}).double()


def some(n=40, inputs=3, classes=3, seed=0):
    """Normal rows with drawn classes, float64."""
    draws = np.random.default_rng(seed)
    part = Subset(torch.from_numpy(draws.normal(size=(n, inputs))), torch.from_numpy(draws.integers(0, classes, n)))
    return Data(part, part, part, "class", classes)
