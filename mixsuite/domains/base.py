"""The contract between a domain and everything else: Dataset and Domain."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.rows import Raw
from mixsuite.data.state import State
from mixsuite.errors import InputError
from mixsuite.models.base import Staged


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

    domain: ClassVar[str]  # a built-in one, ./file.py beside the data set's file, or package.module
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


class Encoded(NamedTuple):
    """What a domain makes of a dataset's x: a state of the rows, on the host.

    groups: source column of each encoded column (tables); numbers: whether it is a number, not a category's.
    """

    x: State
    groups: tuple[int, ...] = ()
    numbers: tuple[bool, ...] = ()


Mixable = Tensor | tuple[Tensor, ...]
Augment = Callable[[State, Tensor], State]  # (x [B, ...], u [B, 4] uniform) -> x


class Domain(ABC):
    """A kind of data, with all that is about it. The one subclass in its file.

    What a run computes with is ``encode``, ``models`` and ``augment``; the rest is for pictures, the conformance kit and
    the Mixer.

    requires: packages it imports when one of its tasks runs; where one is missing or broken its tasks
              are skipped with that reason.
    models:   name -> builder(data, **parameters) -> Staged; the recipe's ``model`` names one.
    step_seconds: a rough time per step on one CPU core, for --dry-run's first estimate.
    strip:    whether a row is drawn as a flat strip.
    sample_targets: kinds of target that the conformance kit tries with ``samples``, of "class", "soft", "multilabel" and
              "regression"; sample_groups: of a table's encoded columns in them, the source column of each.
    block: the number of seeds that lockstep trains as one: found by measuring, and fixed, since the last bits
           depend on it.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    step_seconds: ClassVar[float] = 2e-3
    block: ClassVar[int] = 12
    strip: ClassVar[bool] = False
    sample_targets: ClassVar[tuple[str, ...]] = ("class",)
    sample_groups: ClassVar[tuple[int, ...]] = ()

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

    def augment(self, name: str) -> Augment | None:
        """An augmentation by the name that recipes have for it; None where nothing is to be done.

        Raises:
            InputError: this domain does not have it.
        """
        if name != "none":
            raise InputError(f"augment '{name}': this domain has none (allowed: none)")
        return None

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw one row, given its leaves at the input, into an axis of matplotlib. Default: the numbers of the first."""
        flat = leaves[0].reshape(leaves[0].shape[0], -1) if leaves[0].ndim > 1 else leaves[0][None]
        axis.imshow(flat, cmap="RdBu_r", aspect="auto", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Made-up states of so many rows, by site, on which the conformance kit tries methods. {}: it tries none."""
        return {}

    def matches(self, x: Mixable) -> bool:
        """Whether a batch of somebody's own training loop looks like this domain's input."""
        return False
