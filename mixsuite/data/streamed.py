"""Rows that are read from disk as they are needed, for data sets that do not fit into memory."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mixsuite.data.state import Selectable, State, first_leaf
from mixsuite.errors import InputError, SkipRun

BLOCK = 64  # rows that are read together where they are wanted in their order


class RowReader(ABC):
    """Reads the rows of a data set one by one, in any order, in any process.

    It goes to reading processes, so it holds where the rows are, and not the rows.
    """

    @property
    @abstractmethod
    def identity(self) -> str:
        """A digest of what it reads and how."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of rows."""

    @abstractmethod
    def read(self, row: int) -> Tensor | tuple[Tensor, ...]:
        """Read one row by its number, on the host, without the rows' axis.

        Raises:
            InputError: it cannot be read, or has changed since the reader was made.
        """


def _as_they_are(x: Any) -> Any:
    return x


@dataclass(frozen=True, eq=False)
class Streamed(Selectable):
    """The rows of a part, read at need: ``take`` gives some, ``batches`` gives many and reads ahead.

    Order, split and draws stay functions of the seed, since rows are read by their numbers.

    reader:  reads them.
    rows:    [n] the numbers of the part's rows in the reader.
    finish:  makes of rows as they are read, on the device, what enters the model.
    device, dtype: where rows go, and the type of their floating-point numbers.
    readers: number of processes that read ahead; 0: this one reads.
    """

    reader: RowReader
    rows: np.ndarray
    finish: Callable[[Any], Any] = _as_they_are
    device: torch.device | str = "cpu"
    dtype: torch.dtype = torch.float32
    readers: int = 0

    def part(self, rows: np.ndarray, **changed: Any) -> Streamed:
        """Some of these rows, by their places here; and other fields, if changed. rows: [k]."""
        return replace(self, rows=self.rows[rows], **changed)

    def spread(self, most: int) -> np.ndarray:
        """The places of at most so many of these rows, evenly spread."""
        return np.arange(0, len(self), -(-len(self) // most))

    def take(self, rows: Tensor) -> State:
        """Read rows by their places here. [k] -> [k, ...].

        Raises:
            InputError: one cannot be read.
        """
        return self._finished(_together([self.reader.read(row) for row in self.rows[rows.cpu().numpy()]]))

    def batches(self, order: Sequence[np.ndarray] | np.ndarray) -> Generator[State]:
        """Read batches of rows, given by their places here, in this order; the next ones are read ahead.

        Close it where not all are wanted.

        Raises:
            InputError: a row cannot be read.
        """
        numbers = _Numbers(self.rows, order)
        with closing(read_ahead(_Rows(self.reader), numbers, _together, self.readers, self._pinned)) as arriving:
            for batch in arriving:
                if isinstance(batch, str):
                    raise InputError(batch)
                yield self._finished(batch)

    def in_order(self) -> Iterator[State]:
        """All rows in their order, in blocks [up to BLOCK, ...]."""
        return self.batches(np.array_split(np.arange(len(self)), max(1, -(-len(self) // BLOCK))))

    def mean(self, axis: int) -> Tensor:
        """The mean over all rows [...], by one pass over them, in the rows' type.

        Raises:
            SkipRun: along another axis, or of rows of several leaves.
        """
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for block in self.in_order():
            if axis != 0 or not isinstance(block, Tensor):
                raise SkipRun("it wants a mean of rows that are read from disk as they are needed, which has no form")
            total = total + block.sum(0, dtype=torch.float64)
        return (total / len(self)).to(self.dtype)

    @property
    def _pinned(self) -> bool:
        return torch.device(self.device).type == "cuda"

    @cached_property
    def first(self) -> Tensor:
        """The first leaf of the first row, [1, ...]: it tells the form, the device and the type."""
        return first_leaf(self.take(torch.zeros(1, dtype=torch.int64)))

    def __len__(self) -> int:
        return len(self.rows)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise SkipRun(f"it wants all rows at once ('{name}' of them), and these are read from disk as they are needed")

    def __getitem__(self, _: Any) -> NoReturn:
        raise SkipRun("it wants to select from all rows at once, and these are read from disk as they are needed")

    def _finished(self, rows: Any) -> State:
        def move(leaf: Tensor) -> Tensor:
            return leaf.to(self.device, non_blocking=True)

        def typed(leaf: Tensor) -> Tensor:
            return leaf.to(self.dtype) if leaf.is_floating_point() else leaf

        moved = tuple(map(move, rows)) if isinstance(rows, tuple) else move(rows)
        finished = self.finish(moved)
        return tuple(map(typed, finished)) if isinstance(finished, tuple) else typed(finished)


def read_ahead(
    rows: Any, batches: Any, together: Callable[[list[Any]], Any], readers: int, pinned: bool = False
) -> Generator[Any]:
    """Read batches of rows in their order, the next ones in other processes meanwhile, by torch's loader.

    Args:
        rows: ``rows[number]`` reads one.
        batches: gives a list of numbers for each batch, and has a length.
        together: makes a batch of a list of rows.
        readers: number of processes; 0: this one reads.
        pinned: tensors arrive where a card reads them fastest.
    """
    if not readers:
        yield from (together([rows[number] for number in batch]) for batch in batches)
        return
    with warnings.catch_warnings():
        # Readers decode and do nothing else, so what other threads of this process hold does not matter to them.
        warnings.filterwarnings("ignore", ".*use of fork.*", DeprecationWarning)
        loader: DataLoader[Any] = DataLoader(
            rows,
            batch_sampler=batches,
            num_workers=readers,
            collate_fn=together,
            pin_memory=pinned,
            multiprocessing_context="fork" if sys.platform == "linux" else None,
            generator=torch.Generator(),  # else torch's own generator, which a run's dropout draws from
        )
        arriving = iter(loader)
    try:
        yield from arriving
    finally:
        del arriving, loader  # ends the readers; later ones that inherited this would wait for them


class _Rows:
    """A reader as torch's loader asks for rows; what is wrong with one comes back as text, as errors lose theirs."""

    def __init__(self, reader: RowReader) -> None:
        self.reader = reader

    def __getitem__(self, row: int) -> Any:
        try:
            return self.reader.read(row)
        except InputError as error:
            return str(error)


@dataclass(frozen=True)
class _Numbers:
    """Batches of row numbers for torch's loader."""

    rows: np.ndarray
    order: Sequence[np.ndarray] | np.ndarray

    def __iter__(self) -> Iterator[list[int]]:
        return (self.rows[places].tolist() for places in self.order)

    def __len__(self) -> int:
        return len(self.order)


def _together(rows: list[Any]) -> Any:
    """Rows as one batch; or why one of them cannot be read."""
    why = next((row for row in rows if isinstance(row, str)), None)
    if why is not None:
        return why
    if isinstance(rows[0], tuple):
        return tuple(torch.stack(leaves) for leaves in zip(*rows, strict=True))
    return torch.stack(rows)
