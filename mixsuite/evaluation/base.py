"""The contract of a probe: it takes rows of the test part and returns disturbed rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import State, first_leaf
from mixsuite.mixing.rng import Rng
from mixsuite.models.base import Staged


class Rows(NamedTuple):
    """What a probe may know of the rows it disturbs.

    y:       [n, ...] their targets.
    train:   [m, ...] the training part's input: scales and ranges come from it alone.
    groups:  source column of each encoded column (tables), else ().
    numbers: whether each encoded column is a number.
    loss:    state [n, ...] -> the sum over rows of the task's loss for the trained model in eval mode. It can be
             differentiated: a white-box attack ascends it.
    rng:     random numbers, the same for every method of a task and seed. Name a ``kind`` that starts with "probe".
    """

    y: Tensor
    train: State
    groups: tuple[int, ...]
    numbers: tuple[bool, ...]
    loss: Callable[[State], Tensor]
    rng: Rng


@dataclass(frozen=True)
class Probe(ABC):
    """A disturbance of the test rows. Write ``disturb`` and the class literal.

    domains: where it makes sense; elsewhere the run says that it does not apply. () means all.
    """

    domains: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def disturb(self, x: State, rows: Rows) -> State:
        """Disturb the input state x [n, ...], without writing to it, and return the rows that the model will see."""


@dataclass(frozen=True)
class Measurement(Probe):
    """A probe that disturbs no rows but measures a trained model in evaluation mode. Write ``measure``."""

    def disturb(self, x: State, rows: Rows) -> State:
        """Refuse: a measurement disturbs no rows.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"{type(self).__name__} measures; it disturbs no rows")

    @abstractmethod
    def measure(self, model: Staged, data: Data, rng: Rng) -> dict[str, float]:
        """Measure numbers by name, without those that do not exist here; records call each NAME@PROBE.

        Args:
            model: the trained model, in evaluation mode.
            data: the task's data.
            rng: random numbers, 512 wide, the same for every method of a task and seed. Name a ``kind`` that starts
                with "probe".
        """


def replace_first(x: State, leaf: Tensor) -> State:
    """Replace a state's first leaf; a clip's mask and a graph's edges stay."""
    return (leaf, *x[1:]) if isinstance(x, tuple) else leaf


def free(x: State, numbers: tuple[bool, ...]) -> Tensor:
    """A mask over the first leaf: 1 where a disturbance of numbers may act, 0 elsewhere.

    It may act on valid frames, and on those columns of a table that are numbers.
    """
    leaf = first_leaf(x)
    if isinstance(x, tuple):
        return (x[1] > 0).to(leaf.dtype)
    if numbers:
        return torch.tensor(numbers, dtype=leaf.dtype, device=leaf.device)
    return torch.ones((), dtype=leaf.dtype, device=leaf.device)


def _per_channel(v: Tensor, leaf: Tensor) -> Tensor:
    return v.reshape(1, -1, *[1] * (leaf.dim() - 2))


def spread(train: State) -> Tensor:
    """The standard deviation [1, C, ...] of each channel over the training part, without padding."""
    leaf = first_leaf(train)
    mask = train[1].expand_as(leaf) if isinstance(train, tuple) else torch.ones_like(leaf)
    axes = [axis for axis in range(leaf.dim()) if axis != 1]
    count = mask.sum(axes).clamp(min=1)
    mean = (leaf * mask).sum(axes) / count
    var = (((leaf - _per_channel(mean, leaf)) * mask).square()).sum(axes) / count
    return _per_channel(var.sqrt(), leaf)


def value_range(train: State) -> tuple[Tensor, Tensor]:
    """The lowest and the highest value [1, C, ...] of each channel over the training part."""
    leaf = first_leaf(train)
    axes = [axis for axis in range(leaf.dim()) if axis != 1]
    return _per_channel(leaf.amin(axes), leaf), _per_channel(leaf.amax(axes), leaf)
