"""Read pictures of strangers, of the declared formats alone."""

import warnings

import numpy as np

from mixsuite.errors import InputError

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # others may start programs, as EPS does


def read_picture(source, size, what):
    """Read a picture as (whether it is grey, a PIL picture in RGB of size x size pixels, bilinear).

    source: a path, or an open binary file. what: its name, for error messages.

    Raises:
        InputError: it is no picture of a declared format, is damaged, has over 8 bits a channel, or very many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # of pictures that unpack to gigabytes
            with Image.open(source, formats=_FORMATS) as picture:
                if picture.mode[:1] in "IF":
                    raise InputError(f"{what}: its mode is {picture.mode}; convert it to 8 bits a channel")
                grey = picture.mode in ("1", "L", "LA")
                return grey, picture.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise InputError(f"{what}: cannot be read as a picture: {' '.join(str(error).split())}") from None


def stacked(pictures):
    """Pictures as ``read_picture`` gives them, as uint8 [n, H, W] if all are grey and [n, H, W, 3] otherwise."""
    mode = "L" if all(grey for grey, _ in pictures) else "RGB"
    return np.stack([np.asarray(picture.convert(mode)) for _, picture in pictures])


def check_size(size):
    """Check the side of resized pictures.

    Raises:
        ValueError: it is not 4 to 512 pixels (our bounds).
    """
    if not 4 <= size <= 512:
        raise ValueError(f"size={size}: allowed is 4 to 512")
