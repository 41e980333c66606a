"""The contract between a domain and everything else: Dataset, Data, Staged, Domain."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from mixsuite.digest import digest
from mixsuite.errors import InputError
from mixsuite.recipe import Recipe


class Ragged(ABC):
    """Rows of unequal size that are kept unpadded: a state that knows how to pick rows. Nothing mixes it."""

    @abstractmethod
    def take(self, rows: Tensor) -> Self:
        """The given rows alone, without collating them one by one."""

    @abstractmethod
    def map(self, f: Callable[[Tensor], Tensor]) -> Self:
        """f of every tensor inside."""

    @property
    @abstractmethod
    def first(self) -> Tensor:
        """The tensor that carries the features: it gives device and type."""


State = Tensor | tuple[Tensor, ...] | Ragged


def map_leaves(f: Callable[[Tensor], Tensor], h: State) -> State:
    """f of every leaf of a state."""
    if isinstance(h, Ragged):
        return h.map(f)
    return tuple(f(leaf) for leaf in h) if isinstance(h, tuple) else f(h)


def first_leaf(h: State) -> Tensor:
    """The leaf that gives a site its shape: a tensor itself, or the first of a tuple."""
    if isinstance(h, Ragged):
        return h.first
    return h[0] if isinstance(h, tuple) else h


def take_rows(h: State, rows: Tensor) -> State:
    """The given rows of a state."""
    return h.take(rows) if isinstance(h, Ragged) else map_leaves(lambda leaf: leaf.index_select(0, rows), h)


def concatenate(states: Sequence[State]) -> State:
    """States one after another along the rows (none of them ragged)."""
    if isinstance(states[0], tuple):
        leaves = zip(*[h for h in states if isinstance(h, tuple)], strict=True)
        return tuple(torch.cat(leaf) for leaf in leaves)
    return torch.cat([h for h in states if isinstance(h, Tensor)])


@dataclass(frozen=True, eq=False)
class Raw:
    """A dataset as it was read: every row, in the files' own order.

    x:      rows in the domain's raw form: images, uint8 or float [n, H, W(, C)]; tables, a pandas frame;
            speech, n arrays [C, T] (cepstra, or waves with C = 1); graphs, n pairs (features [V, F], edges [2, E]).
    y:      [n] class numbers, [n, C] soft or multi-label targets, or [n] or [n, K] numbers to predict.
    part:   [n] 0 train, 1 validation, 2 test, where there is an official split; else None.
    weight: [n] weight of each row in the loss, or None.
    rate:   samples per second, where x are waves; else None.
    """

    x: Any
    y: np.ndarray
    part: np.ndarray | None = None
    weight: np.ndarray | None = None
    rate: int | None = None

    @cached_property
    def digest(self) -> str:
        """16 hex digits of everything that was read."""
        return digest(self.x, self.y, self.part, self.weight, self.rate)

    def take(self, rows: np.ndarray) -> Raw:
        """The given rows alone."""
        x = self.x.iloc[rows] if hasattr(self.x, "iloc") else self.x[rows]
        part, weight = (None if v is None else v[rows] for v in (self.part, self.weight))
        return Raw(x, self.y[rows], part, weight, self.rate)


@dataclass(frozen=True)
class Dataset(ABC):
    """A named data set. Write the class literals and ``load``; ``files`` where it reads any.

    rows:        training rows, drawn from the run's seed; None takes all.
    test:        share of rows in the test part, where there is no official split.
    valid:       share of the other rows in the validation part, where that is not official; 0 for none.
    label_noise: share of the training rows whose label is replaced by a class drawn uniformly
                 (which may be the true one); validation and test labels stay clean.
    """

    rows: int | None = field(default=None, kw_only=True)
    test: float = field(default=0.3, kw_only=True)
    valid: float = field(default=0.2, kw_only=True)
    label_noise: float = field(default=0.0, kw_only=True)

    domain: ClassVar[str]
    kind: ClassVar[str] = "class"  # "class" | "multilabel" | "regression"
    classes: ClassVar[int] = 0  # classes or labels; 0: as many as the targets show
    recipe: ClassVar[str] = ""  # the default recipe's name
    source: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    sha256: ClassVar[dict[str, str]] = {}  # file name -> checksum; "*" -> the fingerprint of all files
    arguments: ClassVar[tuple[str, ...]] = ()  # parameters that may stand as name:VALUE
    requires: ClassVar[tuple[str, ...]] = ()  # packages that load() imports, beyond the domain's

    def __post_init__(self) -> None:
        if self.rows is not None and self.rows < 2:
            raise ValueError(f"rows={self.rows}: allowed is 2 or more, or None for all")
        if not 0 < self.test < 1:
            raise ValueError(f"test={self.test}: allowed is a share between 0 and 1")
        if not 0 <= self.valid < 1:
            raise ValueError(f"valid={self.valid}: allowed is a share from 0 to below 1")
        if not 0 <= self.label_noise <= 1:
            raise ValueError(f"label_noise={self.label_noise}: allowed is a share from 0 to 1")
        if self.label_noise and self.kind != "class":
            raise ValueError(f"label_noise={self.label_noise}: only for classes, not for {self.kind}")

    @abstractmethod
    def load(self, root: Path) -> Raw:
        """Every row, read from ``files(root)`` or made by the data's own library."""

    def files(self, root: Path) -> list[Path]:
        """The files that ``load`` reads: their content is the data's fingerprint."""
        return []

    def fetch(self, root: Path) -> None:
        """Bring the data's files into a folder, by the loader's own download.

        Raises:
            InputError: there is no loader that downloads this set.
        """
        raise InputError(f"{type(self).__name__} has no download; " + self.missing(self.files(root)[0]))

    def fingerprint(self, root: Path) -> str:
        """16 hex digits over the content of the data's files ("" where there are none).

        Raises:
            InputError: a file is missing, or is not the one whose checksum is declared.
        """
        state = hashlib.sha256()
        paths = self.files(root)
        for path in paths:
            if not path.is_file():
                raise InputError(self.missing(path))
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            wanted = self.sha256.get(path.name, found)
            if found != wanted:
                raise InputError(
                    f"{path}: sha256 is {found[:16]}..., wanted {wanted[:16]}...: damaged, or another version"
                )
            state.update(f"{path.name}:{found};".encode())
        fingerprint = state.hexdigest()[:16] if paths else ""
        if fingerprint != self.sha256.get("*", fingerprint):
            raise InputError(
                f"{paths[0].parent}: not the {len(paths)} files that were expected: damaged, or another version"
            )
        return fingerprint

    def missing(self, path: Path) -> str:
        """What to tell a user whose data are not there."""
        return (
            f"{type(self).__name__}: {path} is missing; get it from {self.source or 'its source'} "
            "and put it there, or name another folder by --data"
        )


def shipped(package: str, *parts: str) -> Path:
    """The path of a file inside an installed package, found without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return Path(f"<package {package} is not installed>", *parts)
    return Path(spec.submodule_search_locations[0], *parts)


@dataclass(frozen=True)
class Part:
    """Rows of one split on the device. x: [n, ...] state; y: [n, ...]; weight: [n] or None."""

    x: State
    y: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Data:
    """A dataset, split, encoded and on the device.

    groups:  source column of each encoded column (tables), else ().
    numbers: of each encoded column, whether it is a number (else one value of a category).
    rate:    samples per second, where x are waves.
    shift, scale: of regression targets, [K]: prediction in the target's units = out * scale + shift.
    split:   "official" where the data set says which rows are the test part; "drawn" from the seed.
    clean:   the training classes before label noise, [n]; the same as train.y where there is none. None where
             targets are no class numbers.
    digests: "data" (as read) and "split" (row numbers and labels as trained).
    """

    train: Part
    valid: Part
    test: Part
    kind: str
    classes: int
    groups: tuple[int, ...] = ()
    numbers: tuple[bool, ...] = ()
    rate: int | None = None
    shift: Tensor | None = None
    scale: Tensor | None = None
    split: str = "drawn"
    clean: Tensor | None = None
    digests: dict[str, str] = field(default_factory=dict)

    def unscaled(self, values: Tensor) -> Tensor:
        """Regression outputs or targets [n, K] in the target's units."""
        assert self.scale is not None and self.shift is not None
        return values * self.scale + self.shift


class Staged(nn.Module):
    """A model as a tuple of stages; a site is a name for the gap before a stage.

    sites: name -> number of stages before it. ``forward(h, start, stop)`` runs stages start .. stop-1.
    fixed: so many first stages have no weights and treat each row alone (a spectrogram): the trainer may
           run them once instead of at every step.
    """

    def __init__(self, stages: Sequence[nn.Module], sites: dict[str, int], fixed: int = 0) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.sites, self.fixed = sites, fixed

    def forward(self, h: State, start: int = 0, stop: int | None = None) -> Any:
        for stage in list(self.stages)[start:stop]:
            h = stage(h)
        return h


class Encoded(NamedTuple):
    """What a domain makes of a dataset's x: a state of the rows, on the host.

    groups: source column of each encoded column (tables); numbers: whether it is a number, not a category's.
    """

    x: State
    groups: tuple[int, ...] = ()
    numbers: tuple[bool, ...] = ()


class Domain(ABC):
    """A kind of data. Found by file name in mixsuite/domains/, as the one subclass in its module.

    requires: packages it imports when one of its tasks runs; where one is missing or broken its tasks
              are skipped with that reason.
    models:   name -> builder(data, **parameters) -> Staged; the recipe's ``model`` names one.
    step_seconds: a rough time per step on one CPU core, for --dry-run's first estimate.
    block: the number of seeds that lockstep trains as one: found by measuring, and fixed, since the last bits
           depend on it.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    step_seconds: ClassVar[float] = 2e-3
    block: ClassVar[int] = 12

    @property
    @abstractmethod
    def models(self) -> dict[str, Callable[..., Staged]]:
        """Model builders by name; each takes (data, recipe's dropout, **parameters)."""

    @abstractmethod
    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """The given rows as tensors, on the host.

        Sizes (frames, nodes) are those of the whole data set, so they are the same for every seed; every
        statistic (means, scales, categories) comes from the training rows alone.

        Args:
            rows: row numbers to encode. train: which of them, by place, are training rows.

        Raises:
            InputError: a row that cannot be encoded (no frames, no nodes, ...).
        """

    def augment(self, recipe: Recipe) -> Callable[[State, Tensor], State] | None:
        """The recipe's augmentation as f(x [B, ...], u [B, 4] uniform) -> x, or None.

        Raises:
            InputError: the recipe names one that this domain does not have.
        """
        if recipe.augment != "none":
            raise InputError(f"augment '{recipe.augment}': this domain has none (allowed: none)")
        return None


def site_shapes(model: Staged, x: State) -> dict[str, tuple[int, ...]]:
    """Site -> shape of one row of the first leaf there, found by running rows of x in eval mode."""
    training = model.training
    model.eval()
    shapes = {}
    with torch.no_grad():
        for name, stop in model.sites.items():
            h = model(x, 0, stop)
            shapes[name] = tuple(first_leaf(h).shape[1:])
    model.train(training)
    return shapes
