"""Your own pictures in class folders, folder:PATH."""

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.base import own_path
from mixsuite.errors import InputError

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # others may start programs, as EPS does
_LEFT = (".", "__MACOSX", "@eaDir")  # beginnings of names that a system or an archive leaves
_PARTS = {"train": 0, "valid": 1, "val": 1, "test": 2}


@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures as PATH/CLASS/any.png, or split as PATH/train/CLASS/.., PATH/test/CLASS/.. (and PATH/valid/..).

    Classes are numbered in the order of their names. Pictures are grey if every picture is grey, and RGB otherwise.
    What is hidden (.name) or left by a system (__MACOSX, @eaDir) is no class and no picture.

    path: the folder, as in folder:data/leaves.
    size: pictures are resized to size x size pixels (bilinear).
    """

    path: str
    size: int = 32

    domain = "images"
    recipe = "fashion_conv"
    arguments = ("path",)
    source = "a folder of your own"
    licence = "the folder's own"

    def __post_init__(self):
        super().__post_init__()
        if not 4 <= self.size <= 512:
            raise ValueError(f"size={self.size}: allowed is 4 to 512")

    def files(self, root):
        top = own_path(self.path)
        paths = [p for p in sorted(top.rglob("*")) if p.suffix.lower() in _SUFFIXES and p.is_file()]
        paths = [p for p in paths if not any(part.startswith(_LEFT) for part in p.relative_to(top).parts)]
        if not paths:
            return [top / "CLASS" / "PICTURE.png"]
        read = {path.parent for path in paths}
        for folder in sorted({folder for path in paths for folder in path.parent.parent.iterdir()} - read):
            others = [p for p in sorted(folder.iterdir()) if p.is_file()] if _is_class(folder, read) else []
            if any(not p.name.startswith(_LEFT) for p in others):
                raise InputError(
                    f"{folder}: has files, none of them a picture that can be read ({', '.join(_SUFFIXES)})"
                )
        return paths

    def missing(self, path):
        return f"folder '{self.path}': no pictures there; wanted are {path}, with any names ({', '.join(_SUFFIXES)})"

    def load(self, root):
        top, files = own_path(self.path), self.files(root)
        places = [path.relative_to(top).parts[:-1] for path in files]
        tops = {place[0] for place in places if place}
        parted = "train" in tops and tops <= set(_PARTS)
        depth = 2 if parted else 1
        for path, place in zip(files, places, strict=True):
            if len(place) != depth:
                raise InputError(f"{path}: wanted is {top}/{'PART/' * parted}CLASS/{path.name}")
        names = sorted({place[-1] for place in places})
        part = np.array([_PARTS[place[0]] for place in places]) if parted else None
        if part is not None and not {0, 2} <= set(part.tolist()):
            raise InputError(f"{top}: parts are {', '.join(sorted(tops))}; train and test are needed")
        if part is not None:
            _refuse_shared(files, part)
        pictures = [_read(path, self.size) for path in files]
        mode = "L" if all(grey for grey, _ in pictures) else "RGB"
        x = np.stack([np.asarray(picture.convert(mode)) for _, picture in pictures])
        return Raw(x, np.array([names.index(place[-1]) for place in places]), part)


def _is_class(folder, read):
    """Whether a folder lies beside class folders, and is no part that has class folders itself."""
    return folder.is_dir() and not folder.name.startswith(_LEFT) and not any(folder in other.parents for other in read)


def _refuse_shared(files, part):
    """Refuse a test part that is the training part.

    Raises:
        InputError: every file of the test part is, byte by byte, one of the training part.
    """
    known = {_digest(path) for path, number in zip(files, part, strict=True) if number == 0}
    tests = [path for path, number in zip(files, part, strict=True) if number == 2]
    if all(_digest(path) in known for path in tests):
        raise InputError(f"{tests[0].parents[1]}: every picture is in the training part too; a test part needs its own")


def _digest(path):
    return hashlib.sha256(path.read_bytes()).digest()


def _read(path, size):
    """(whether a picture is grey, the picture as RGB of size x size pixels)."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # of pictures that unpack to gigabytes
            with Image.open(path, formats=_FORMATS) as picture:
                if picture.mode[:1] in "IF":
                    raise InputError(f"{path}: its mode is {picture.mode}; convert it to 8 bits a channel")
                grey = picture.mode in ("1", "L", "LA")
                return grey, picture.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise InputError(f"{path}: cannot be read as a picture: {' '.join(str(error).split())}") from None
