"""The contract between a domain and everything else: Dataset and Domain."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.rows import Raw
from mixsuite.data.state import State
from mixsuite.domains.checksums import checksums
from mixsuite.errors import InputError


@dataclass(frozen=True)
class Dataset(ABC):
    """A named data set. Write the class literals and ``load``, and ``files`` if it reads any.

    rows:        number of training rows, drawn by the run's seed; None takes all.
    test:        share of the rows in the test part, if there is no official split.
    valid:       share of the other rows in the validation part, if that is not official; 0 for none.
    label_noise: share of the training rows whose label is replaced by a class drawn uniformly, which may be the true
                 one; validation and test labels stay clean.
    """

    rows: int | None = field(default=None, kw_only=True)
    test: float = field(default=0.3, kw_only=True)
    valid: float = field(default=0.2, kw_only=True)
    label_noise: float = field(default=0.0, kw_only=True)

    domain: ClassVar[str]  # a built-in domain, ./file.py beside the data set's file, or package.module
    kind: ClassVar[str] = "class"  # "class" | "multilabel" | "regression"
    classes: ClassVar[int] = 0  # number of classes or labels; 0: as many as the targets show
    recipe: ClassVar[str] = ""  # the default recipe's name
    source: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    sha256: ClassVar[dict[str, str]] = {}  # file name -> checksum; "*" -> the fingerprint of all files
    arguments: ClassVar[tuple[str, ...]] = ()  # parameters that may stand as name:VALUE
    requires: ClassVar[tuple[str, ...]] = ()  # packages that load() imports, beyond the domain's

    def __post_init__(self) -> None:
        if self.rows is not None and not 2 <= self.rows < 2**63:
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
        """Load every row, from ``files(root)`` or from the library that has the data."""

    def files(self, root: Path) -> list[Path]:
        """The files that ``load`` reads; their content gives the data's fingerprint."""
        return []

    def fetch(self, root: Path) -> None:
        """Download the data's files into a folder.

        Raises:
            InputError: this set has no download.
        """
        raise InputError(f"{type(self).__name__} has no download; " + self.missing(self.files(root)[0]))

    def fingerprint(self, root: Path) -> str:
        """Hash the content of the data's files and their places, which may be labels, in 16 hex digits; "" if none.

        Raises:
            InputError: a file is missing, or differs from the declared checksum.
        """
        state = hashlib.sha256()
        paths = self.files(root)
        top = os.path.commonpath([path.absolute().parent for path in paths]) if paths else ""
        for path in paths:
            if not path.is_file():
                raise InputError(self.missing(path))
        for path, checksum in zip(paths, checksums(paths, root), strict=True):
            declared = self.sha256.get(path.name, checksum)
            if checksum != declared:
                raise InputError(
                    f"{path}: sha256 is {checksum[:16]}..., wanted {declared[:16]}...: damaged, or another version"
                )
            state.update(f"{path.absolute().relative_to(top).as_posix()}:{checksum};".encode())
        fingerprint = state.hexdigest()[:16] if paths else ""
        if fingerprint != self.sha256.get("*", fingerprint):
            raise InputError(
                f"{paths[0].parent}: not the {len(paths)} files that were expected: damaged, or another version"
            )
        return fingerprint

    def missing(self, path: Path) -> str:
        """The message for a user whose data are missing."""
        return (
            f"{type(self).__name__}: {path} is missing; get it from {self.source or 'its source'} "
            "and put it there, or name another folder by --data"
        )


def own_path(text: str) -> Path:
    """The path of a user's file, in which ~ stands for a home folder.

    Raises:
        InputError: there is no such home folder.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InputError(f"'{text}': there is no such home folder") from None


def shipped(package: str, *parts: str) -> Path:
    """The path of a file in an installed package, found without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return Path(f"<package {package} is not installed>", *parts)
    return Path(spec.submodule_search_locations[0], *parts)


class Encoded(NamedTuple):
    """A data set's x as a domain encodes it, on the host.

    x:       state of the rows [n, ...].
    groups:  source column of each encoded column (tables), else ().
    numbers: whether each encoded column is a number; otherwise it is one value of a category.
    """

    x: State
    groups: tuple[int, ...] = ()
    numbers: tuple[bool, ...] = ()


Mixable = Tensor | tuple[Tensor, ...]


class Domain(ABC):
    """A kind of data, with all that it needs. Its file defines exactly one subclass.

    A run computes with ``encode``. The rest serves pictures, the conformance kit and the Mixer.

    requires:       packages that its tasks import; if one is missing or broken, the tasks are skipped for that reason.
    step_seconds:   rough time per step on one CPU core, for the first estimate of --dry-run.
    block:          number of seeds that lockstep trains as one. It was measured and is fixed, because the last bits
                    depend on it.
    strip:          whether a row is drawn as a flat strip.
    sample_targets: kinds of target that the conformance kit tries with ``samples``, from "class", "soft", "multilabel"
                    and "regression".
    sample_groups:  source column of each encoded column in a table's samples.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    step_seconds: ClassVar[float] = 2e-3
    block: ClassVar[int] = 12
    strip: ClassVar[bool] = False
    sample_targets: ClassVar[tuple[str, ...]] = ("class",)
    sample_groups: ClassVar[tuple[int, ...]] = ()

    @abstractmethod
    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode rows as tensors, on the host.

        Sizes (frames, nodes) are those of the whole data set, so they are the same for every seed. Every statistic
        (means, scales, categories) comes from the training rows only.

        Args:
            raw: the data set, as it was read.
            rows: [n] row numbers to encode.
            train: [m] places in ``rows`` of the training rows.

        Raises:
            InputError: a row cannot be encoded, for example because it has no frames or no nodes.
        """

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw one row, given by its leaves at the input, into a matplotlib axis. Default: the first leaf's values."""
        flat = leaves[0].reshape(leaves[0].shape[0], -1) if leaves[0].ndim > 1 else leaves[0][None]
        axis.imshow(flat, cmap="RdBu_r", aspect="auto", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Made-up states by site, with so many rows, on which the conformance kit tries methods; {} for none."""
        return {}

    def inputs(self, rows: int, generator: torch.Generator) -> Mixable | None:
        """Made-up rows at the input, of a size for which models are made; the kit tries models on them."""
        return self.samples(rows, generator).get("input")

    def matches(self, x: Mixable) -> bool:
        """Whether a batch from a user's training loop looks like this domain's input."""
        return False
