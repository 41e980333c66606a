"""States: what flows through a model. A state is a tensor, a tuple of tensors, or rows of a kind of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import reduce
from typing import ClassVar, Self

import torch
from torch import Tensor


class Selectable(ABC):
    """Rows of a kind of their own, of which some can be selected."""

    @abstractmethod
    def take(self, rows: Tensor) -> State:
        """Select rows [k]."""

    @property
    @abstractmethod
    def first(self) -> Tensor:
        """The tensor that holds the features; it tells the device and the type."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of rows."""


class Ragged(Selectable):
    """Rows of unequal size, kept unpadded: a state that can select rows and is never mixed.

    cause: why rows are kept so, for messages.
    """

    cause: ClassVar[str] = "its rows are of unequal size and stay unpadded, so they are mixed where they have one size"

    @abstractmethod
    def take(self, rows: Tensor) -> Self:
        """Select rows [k] without collating them one by one."""

    @abstractmethod
    def map(self, f: Callable[[Tensor], Tensor]) -> Self:
        """Apply f to every tensor inside."""

    @abstractmethod
    def join(self, other: Self) -> Self:
        """These rows with others behind them."""


State = Tensor | tuple[Tensor, ...] | Selectable


def map_leaves(f: Callable[[Tensor], Tensor], h: State) -> State:
    """Apply f to every leaf of a state."""
    if isinstance(h, Ragged):
        return h.map(f)
    assert not isinstance(h, Selectable)
    return tuple(f(leaf) for leaf in h) if isinstance(h, tuple) else f(h)


def first_leaf(h: State) -> Tensor:
    """The leaf that gives a site its shape: the tensor itself, or the first of a tuple."""
    if isinstance(h, Selectable):
        return h.first
    return h[0] if isinstance(h, tuple) else h


def num_rows(h: State) -> int:
    """The number of rows of a state."""
    return len(h[0] if isinstance(h, tuple) else h)


def take_rows(h: State, rows: Tensor) -> State:
    """Select rows [k] of a state [n, ...] -> [k, ...]."""
    return h.take(rows) if isinstance(h, Selectable) else map_leaves(lambda leaf: leaf.index_select(0, rows), h)


def concatenate(states: Sequence[State]) -> State:
    """Join states along the rows."""
    if isinstance(states[0], Ragged):
        return reduce(lambda joined, other: joined.join(other), [h for h in states if isinstance(h, Ragged)])
    if isinstance(states[0], tuple):
        leaves = zip(*[h for h in states if isinstance(h, tuple)], strict=True)
        return tuple(torch.cat(leaf) for leaf in leaves)
    return torch.cat([h for h in states if isinstance(h, Tensor)])
