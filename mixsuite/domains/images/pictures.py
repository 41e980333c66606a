"""Pictures that are read from their files as they are needed, and what one pass over all of them showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.cores import cores
from mixsuite.data.streamed import BLOCK, read_ahead
from mixsuite.domains.checksums import FOLDER, recall, remember
from mixsuite.domains.file_rows import FileRows, Files
from mixsuite.domains.images.decode import Fit, decoded, read_picture, stacked
from mixsuite.errors import InputError


@dataclass(frozen=True, eq=False)
class Pictures(FileRows):
    """Files of pictures, decoded at need.

    size: pictures are size x size pixels.
    fit:  how a picture becomes a square.
    grey: one channel is read instead of three.
    sums: [n, 3, 2] the sum of each channel's pixels, and of their squares.
    """

    size: int
    fit: Fit
    grey: bool
    sums: np.ndarray

    @property
    def identity(self) -> str:
        """The files' content, and how they are read."""
        return f"{super().identity} {self.size} {self.fit} {self.grey}"

    def read(self, row: int) -> Tensor:
        """One picture as uint8 [C, size, size].

        Raises:
            InputError: it cannot be read, or was changed.
        """
        _, pixels = decoded(self.files.path(row), self.size, self.fit)
        return pixels[:1] if self.grey else pixels

    def mean_std(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel over some of the rows, [C, 1, 1] float64 each."""
        sums = self.sums[rows, : 1 if self.grey else 3].sum(0, dtype=np.float64)
        mean, square = sums.T / (len(rows) * self.size**2)
        return tuple(torch.from_numpy(v)[:, None, None] for v in (mean, np.sqrt(np.maximum(square - mean**2, 0))))  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Standardised:
    """Makes of pixels [N, C, H, W] what enters a model. mean, std: [C, 1, 1] of each channel."""

    mean: Tensor
    std: Tensor

    def __call__(self, pixels: Tensor) -> Tensor:
        """uint8 -> float32, on the same device."""
        mean, std = (v.to(pixels.device, torch.float32) for v in (self.mean, self.std))
        return (pixels.to(torch.float32) - mean) / std


@dataclass(frozen=True)
class Survey:
    """What one pass over pictures shows: which are grey [n], their ``sums`` [n, 3, 2], and why some cannot be read."""

    grey: np.ndarray
    sums: np.ndarray
    broken: dict[int, str]


def _name(content: str, size: int, fit: Fit) -> str:
    """The file in which a survey is remembered."""
    return f"pictures-{content}-{size}-{fit}.npz"


def survey(paths: list[Path], size: int, fit: Fit, content: str, root: Path, readers: int) -> Survey:
    """Decode every picture once; what that shows is remembered in the data root.

    Args:
        paths: of the files.
        size: pictures are size x size pixels.
        fit: how a picture becomes a square.
        content: the files' fingerprint.
        root: the data root.
        readers: number of processes that decode; 0: this one does.
    """
    memory = root / FOLDER / _name(content, size, fit)
    shape = (len(paths), 3, 2)

    def fits(found: dict[str, np.ndarray]) -> bool:
        places = found["broken"]
        inside = places.ndim == 1 and bool(((places >= 0) & (places < len(paths))).all())
        return (found["sums"].shape, found["grey"].shape) == (shape, shape[:1]) and inside

    known = recall(memory, fits)
    if known is None:
        grey, sums = np.zeros(shape[0], dtype=bool), np.zeros(shape, dtype=np.int64)
        broken: dict[int, str] = {}
        blocks = np.array_split(np.arange(len(paths)), -(-len(paths) // BLOCK))
        arriving = read_ahead(_Each(paths, size, fit), [block.tolist() for block in blocks], list, readers)
        for place, found in enumerate(chain.from_iterable(arriving)):
            if isinstance(found, str):
                broken[place] = found
            else:
                grey[place], sums[place] = found
        remember(memory, grey=grey, sums=sums, broken=np.array(list(broken), dtype=np.int64))
        return Survey(grey, sums, broken)
    broken = {}
    for place in known["broken"].tolist():  # a disk that failed once may have been at fault
        found = _Each(paths, size, fit)[place]
        if isinstance(found, str):
            broken[place] = found
        else:
            known["grey"][place], known["sums"][place] = found
    return Survey(known["grey"], known["sums"], broken)


def check_reading(broken: float, memory: float) -> None:
    """Check how pictures are to be read.

    Raises:
        ValueError: no share, or more memory than there can be.
    """
    if not 0 <= broken < 1:
        raise ValueError(f"broken={broken}: allowed is a share from 0 to below 1")
    if not 0 <= memory <= 1024:
        raise ValueError(f"memory={memory}: allowed is 0 to 1024 GiB")


def read_pictures(
    paths: list[Path],
    top: Path,
    size: int,
    fit: Fit,
    broken: float,
    memory: float,
    fingerprint: Callable[[], str],
    root: Path,
) -> tuple[np.ndarray | Pictures, list[int]]:
    """(pictures, the places of those that can be read): uint8 [n, H, W(, 3)] in memory, or a reader of many.

    Args:
        paths: of the files.
        top: the folder above them.
        size: pictures are size x size pixels.
        fit: how a picture becomes a square.
        broken: share of them that may be damaged.
        memory: what is held at most, in GiB; more are read as they are needed.
        fingerprint: of the files, as they are now.
        root: the data root.

    Raises:
        InputError: more than the share are damaged, or they change meanwhile.
    """
    if len(paths) * 3 * size**2 > memory * 2**30:
        return _streamed(paths, top, size, fit, broken, fingerprint, root)
    return _held(paths, size, fit, broken)


def _held(paths: list[Path], size: int, fit: Fit, broken: float) -> tuple[np.ndarray, list[int]]:
    found, why = {}, {}
    for place, path in enumerate(paths):
        try:
            found[place] = read_picture(path, size, path, fit)
        except InputError as error:
            why[place] = str(error)
            _check_broken(why, len(paths), broken)
    return stacked(list(found.values())), list(found)


def _streamed(
    paths: list[Path], top: Path, size: int, fit: Fit, broken: float, fingerprint: Callable[[], str], root: Path
) -> tuple[Pictures, list[int]]:
    content = fingerprint()
    seen = survey(paths, size, fit, content, root, cores())
    if fingerprint() != content:
        (root / FOLDER / _name(content, size, fit)).unlink(missing_ok=True)
        raise InputError(f"{top}: was changed while it was read; run it again")
    _check_broken(seen.broken, len(paths), broken)
    kept = [place for place in range(len(paths)) if place not in seen.broken]
    files = Files.of([paths[place] for place in kept], top, content)
    return Pictures(files, size, fit, bool(seen.grey[kept].all()), seen.sums[kept]), kept


def _check_broken(why: dict[int, str], count: int, allowed: float) -> None:
    if len(why) > allowed * count:
        first, more = next(iter(why.values())), f"; so are {len(why) - 1} more" if len(why) > 1 else ""
        share = f"; broken={allowed:g} allows {int(allowed * count)} of {count}" if allowed else ""
        raise InputError(f"{first}{more}{share}")


@dataclass(frozen=True)
class _Each:
    paths: list[Path]
    size: int
    fit: Fit

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: int) -> tuple[bool, np.ndarray] | str:
        try:
            grey, pixels = decoded(self.paths[place], self.size, self.fit)
        except InputError as error:
            return str(error)
        flat = pixels.flatten(1).to(torch.int64)
        return grey, torch.stack([flat.sum(1), flat.square().sum(1)], 1).numpy()
