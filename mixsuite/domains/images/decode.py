"""Decode pictures of strangers, of the declared formats alone."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import torch
from torch import Tensor

from mixsuite.errors import InputError

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # others may start programs, as EPS does
_SHORTER = 256 / 224  # the shorter side of a picture, as a multiple of what is cropped from its middle (He et al. 2016)

Fit = Literal["squash", "crop"]


def read_picture(source: Path | IO[bytes], size: int, what: object, fit: Fit = "squash") -> tuple[bool, Any]:
    """Read a picture as (whether it is grey, a PIL picture in RGB of size x size pixels, bilinear).

    source: a path, or an open binary file. what: its name, for error messages. fit: as in ``decoded``.

    Raises:
        InputError: it is no picture of a declared format, is damaged, has over 8 bits a channel, or very many pixels.
    """
    with _refusing(what), _opened(source, what) as picture:
        return _is_grey(picture), _fitted(picture.convert("RGB"), size, fit)


def decoded(path: Path, size: int, fit: Fit) -> tuple[bool, Tensor]:
    """Read a picture as (whether it is grey, uint8 [3, size, size]).

    JPEGs are decoded and resized by torchvision, which takes a third of PIL's time; resized pixels may differ by 1.

    fit: "squash" resizes both sides to ``size``; "crop" resizes a square in the middle, 224 / 256 of the shorter side.

    Raises:
        InputError: as ``read_picture``.
    """
    with _refusing(path):
        content = path.read_bytes()
        with _opened(io.BytesIO(content), path) as picture:
            grey = _is_grey(picture)
            if picture.format == "JPEG" and picture.mode in ("L", "RGB"):
                return grey, _jpeg(content, size, fit)
            pixels = np.asarray(_fitted(picture.convert("RGB"), size, fit))
        return grey, torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def stacked(pictures: Sequence[tuple[bool, Any]]) -> np.ndarray:
    """Pictures as ``read_picture`` gives them, as uint8 [n, H, W] if all are grey and [n, H, W, 3] otherwise."""
    mode = "L" if all(grey for grey, _ in pictures) else "RGB"
    return np.stack([np.asarray(picture.convert(mode)) for _, picture in pictures])


def check_size(size: int) -> None:
    """Check the side of resized pictures.

    Raises:
        ValueError: it is not 4 to 512 pixels (our bounds).
    """
    if not 4 <= size <= 512:
        raise ValueError(f"size={size}: allowed is 4 to 512")


@contextlib.contextmanager
def _refusing(what: object) -> Iterator[None]:
    """Turn whatever a damaged picture makes the decoders raise into one line."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # of pictures that unpack to gigabytes
            yield
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        if "allocate" in str(error):  # too little memory is no damage
            raise
        said = " ".join(str(error).partition(" <_io.")[0].split())
        raise InputError(f"{what}: cannot be read as a picture: {said}") from None


def _opened(source: Path | IO[bytes], what: object) -> Any:
    """A PIL picture, whose pixels are read at need."""
    from PIL import Image

    picture = Image.open(source, formats=_FORMATS)
    if picture.mode[:1] in "IF":
        picture.close()
        raise InputError(f"{what}: its mode is {picture.mode}; convert it to 8 bits a channel")
    return picture


def _is_grey(picture: Any) -> bool:
    return picture.mode in ("1", "L", "LA")


def _fitted(picture: Any, size: int, fit: Fit) -> Any:
    from PIL import Image

    return picture.crop(_box(picture.size, fit)).resize((size, size), Image.Resampling.BILINEAR)


def _jpeg(content: bytes, size: int, fit: Fit) -> Tensor:
    from torchvision.io import ImageReadMode, decode_jpeg
    from torchvision.transforms.v2 import functional

    pixels = decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8), ImageReadMode.RGB)
    left, top, right, bottom = _box((pixels.shape[2], pixels.shape[1]), fit)
    resized: Tensor = functional.resize(pixels[:, top:bottom, left:right].contiguous(), [size, size], antialias=True)
    return resized


def _box(sides: tuple[int, int], fit: Fit) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is kept of a picture [width, height]: all, or a square in the middle."""
    if fit == "squash":
        return 0, 0, *sides
    kept = max(1, round(min(sides) / _SHORTER))
    left, top = ((side - kept) // 2 for side in sides)
    return left, top, left + kept, top + kept
