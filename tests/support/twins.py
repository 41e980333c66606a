"""What twins of methods share: made-up rows in float64, a step of the engine on them, and its arithmetic in NumPy."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from support.methods import method

from mixsuite.data.state import first_leaf
from mixsuite.mixing import Batch, Tail, TrainInfo
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.plan import own_rows_first
from mixsuite.mixing.rng import Rng

CLASSES = 3


@dataclass(frozen=True)
class Net:
    """A smooth net from rows to logits, for the engine and for twins. Weights are a fixed draw."""

    width: int

    @cached_property
    def weights(self):
        draw = np.random.default_rng(3)
        return draw.normal(size=(self.width, 6)) / self.width**0.5, draw.normal(size=(6, CLASSES))

    def __call__(self, h):
        """A state [N, ...] or its leaves, of which it takes the first -> [N, CLASSES]."""
        first, second = map(torch.from_numpy, self.weights)
        return torch.tanh(first_leaf(h).flatten(1) @ first) @ second

    def of_row(self, row):
        """One row [...] -> [CLASSES]."""
        first, second = self.weights
        return np.tanh(row.reshape(-1) @ first) @ second


def log_softmax(out):
    """Log probabilities [CLASSES] of logits."""
    return out - out.max() - np.log(np.exp(out - out.max()).sum())


def cross(out, target):
    """Cross-entropy of logits [CLASSES] for a target of shares [CLASSES]."""
    return -(target * log_softmax(out)).sum()


def one_hot(label):
    """A class number's shares [CLASSES]."""
    return np.eye(CLASSES)[int(label)]


@cache
def streams(seed, width):
    """A run's streams, which keep the blocks that they drew."""
    return Rng(seed, width, dtype=torch.float64)


class Part:
    """A training part x [n, ...], y [n], of which steps see the rows ``rows``.

    x may be a tuple of leaves. Everything is float64.
    """

    def __init__(self, x, y, rows):
        self.x, self.y, self.rows = x, y, rows
        self._prepared = {}

    @property
    def leaf(self):
        """The first leaf of all rows."""
        return self.x[0] if isinstance(self.x, tuple) else self.x

    def of(self, rows):
        """The rows of some numbers."""
        return tuple(leaf[rows] for leaf in self.x) if isinstance(self.x, tuple) else self.x[rows]

    def stats(self, text):
        """What a method prepares; it is made once."""
        if text not in self._prepared:
            train = TrainInfo(self.x, self.y, len(self.y), CLASSES, "class", ())
            self._prepared[text] = method(text).prepare(train)
        return self._prepared[text]

    @cached_property
    def by_distance(self):
        """The other rows of each row, the nearest first: lists of numbers."""
        x = self.leaf.flatten(1).numpy()
        return [
            sorted((j for j in range(len(x)) if j != i), key=lambda j: ((x[j] - x[i]) ** 2).sum())
            for i in range(len(x))
        ]

    def nearest(self, row, k, within):
        """The k nearest training rows of a training row, of its class or of any."""
        return [j for j in self.by_distance[row] if not within or self.y[j] == self.y[row]][:k]


@dataclass
class Step:
    """One step of a method on a training part."""

    text: str
    part: Part
    step: int = 0
    steps: int = 100
    seed: int = 0
    memory: torch.nn.Module | None = None

    def __post_init__(self):
        self.method, part = method(self.text), self.part
        stats, self.rows, size = part.stats(self.text), part.rows, len(part.rows)
        shape = tuple(part.leaf.shape[1:])
        rng = streams(self.seed, size)
        progress = torch.tensor(self.step / self.steps, dtype=torch.float64)

        def seen(rows):
            return Batch(
                part.y[rows], shape, progress, stats, part.of(rows) if self.method.needs_x else None,
                step=self.step, steps=self.steps, rows=rows, size=size, memory=self.memory,
            )  # fmt: skip

        batch = seen(self.rows)
        more = self.method.more_rows(batch, rng.at(self.step))
        self.more = torch.empty(0, dtype=torch.int64) if more is None else more
        self.all_rows = torch.cat([self.rows, self.more])
        self.batch = seen(self.all_rows)
        self.plan = self.method.plan(self.batch, rng.at(self.step))
        if len(self.more):
            self.plan = own_rows_first(self.plan, size)
        self.own = np.arange(len(self.plan.partner)) if self.plan.own is None else self.plan.own.numpy()
        self.partner, self.wy = self.plan.partner.numpy(), self.plan.wy.numpy()
        self.labels = self.batch.y.numpy()

    @property
    def state(self):
        """The step's rows [B + M, ...]."""
        return self.part.of(self.all_rows)

    @property
    def seen(self):
        """The first leaf of the step's rows, as NumPy."""
        return first_leaf(self.state).numpy()

    @property
    def net(self):
        return Net(self.part.leaf[0].numel())

    def mixed(self):
        """What the engine mixes: the first leaf, [N, ...]."""
        return first_leaf(self.method.mix(self.state, self.plan)).numpy()

    def loss(self):
        """The engine's value of the objective."""
        h = self.state
        h = tuple(leaf.clone().requires_grad_() for leaf in h) if isinstance(h, tuple) else h.clone().requires_grad_()
        return float(step_loss(self.method, Tail(self.net), h, self.batch, self.plan, cross_entropy).detach())

    def mean_cross(self, mixed, targets):
        """The mean cross-entropy of rows [N, ...] for targets [N, CLASSES]."""
        return np.mean([cross(self.net.of_row(row), target) for row, target in zip(mixed, targets, strict=True)])


@cache
def a_part(shape=(5,), n=24, batch=8):
    """Normal rows of a shape and uneven classes, of which a batch is seen."""
    draw = np.random.default_rng(0)
    x = torch.from_numpy(draw.normal(size=(n, *shape)))
    y = torch.from_numpy(draw.choice(CLASSES, size=n, p=[0.6, 0.25, 0.15]))
    return Part(x, y, torch.from_numpy(draw.permutation(n)[:batch]))


def a_step(text, shape=(5,), n=24, **given):
    """A step of a method on normal rows of a shape and uneven classes."""
    return Step(text, a_part(shape, n), **given)
