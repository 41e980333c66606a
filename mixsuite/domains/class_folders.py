"""Files in class folders, PATH/CLASS/any.png or PATH/PART/CLASS/any.png: which there are, their classes and parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixsuite.domains.checksums import checksums
from mixsuite.errors import InputError

LEFT = (".", "__MACOSX", "@eaDir")  # beginnings of names that a system or an archive leaves
PARTS = {"train": 0, "valid": 1, "val": 1, "test": 2}


@dataclass(frozen=True)
class FileKind:
    """What class folders hold.

    what:     one of the files, in a word: "picture".
    suffixes: of the files that are read, in lower case.
    entry:    how a data set of them is written: "folder:PATH".
    """

    what: str
    suffixes: tuple[str, ...]
    entry: str

    @property
    def listed(self) -> str:
        """The suffixes, for a message."""
        return ", ".join(self.suffixes)


PICTURES = FileKind(
    "picture", (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"), "folder:PATH"
)
SOUNDS = FileKind("sound", (".wav", ".flac"), "sounds:PATH")


def class_files(top: Path, kind: FileKind) -> list[Path]:
    """The files of a kind below a folder, sorted. One that does not exist stands for none.

    What is hidden (.name) or left by a system (__MACOSX, @eaDir) is left out.

    Raises:
        InputError: a class folder has files, and none of the kind.
    """
    paths = [path for path in _below(top) if path.suffix.lower() in kind.suffixes and path.is_file()]
    if not paths:
        return [top / "CLASS" / f"{kind.what.upper()}{kind.suffixes[0]}"]
    read = {path.parent for path in paths}
    above = {folder.parent for folder in read if folder != top}
    for folder in sorted({folder for one in above for folder in one.iterdir()} - read):
        others = [p for p in sorted(folder.iterdir()) if p.is_file()] if _is_class(folder, read) else []
        if any(not p.name.startswith(LEFT) for p in others):
            raise InputError(f"{folder}: has files, none of them a {kind.what} that can be read ({kind.listed})")
    return paths


def missing_files(text: str, top: Path, wanted: Path, kind: FileKind, other: FileKind) -> str:
    """The message for a folder without files of a kind; it says how to write a folder of the other kind.

    text: the folder as the user wrote it. wanted: a path that would be read.
    """
    if any(path.suffix.lower() in other.suffixes for path in _below(top)):
        return f"folder '{text}': has {other.what}s and no {kind.what}s; write {other.entry.replace('PATH', text)}"
    return f"folder '{text}': no {kind.what}s there; wanted are {wanted}, with any names ({kind.listed})"


def refuse_links(top: Path, kind: FileKind) -> None:
    """Refuse links to files of a kind, or to folders: what they lead to may lie outside.

    Raises:
        InputError: there is such a link below the folder.
    """
    for path in _below(top):
        if path.is_symlink() and (path.suffix.lower() in kind.suffixes or path.is_dir()):
            raise InputError(f"{path}: is a link, and nothing outside {top} is read; put what it leads to in its place")


def classes_of(top: Path, files: list[Path], kind: FileKind, root: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """(class numbers [n], parts [n] or None) of files by their places; classes are in the order of their names.

    root: the data root.

    Raises:
        InputError: a file lies elsewhere, a part is missing, or every file of the test part is in the training part.
    """
    places = [path.relative_to(top).parts[:-1] for path in files]
    tops = {place[0] for place in places if place}
    parted = "train" in tops and tops <= set(PARTS)
    depth = 2 if parted else 1
    for path, place in zip(files, places, strict=True):
        if len(place) != depth:
            raise InputError(f"{path}: wanted is {top}/{'PART/' * parted}CLASS/{path.name}")
    names = sorted({place[-1] for place in places})
    y = np.array([names.index(place[-1]) for place in places])
    if not parted:
        return y, None
    part = np.array([PARTS[place[0]] for place in places])
    if not {0, 2} <= set(part.tolist()):
        raise InputError(f"{top}: parts are {', '.join(sorted(tops))}; train and test are needed")
    content = np.array(checksums(files, root))
    tests = [path for path, number in zip(files, part, strict=True) if number == 2]
    if np.isin(content[part == 2], content[part == 0]).all():
        what = f"every {kind.what} is in the training part too"
        raise InputError(f"{tests[0].parents[1]}: {what}; a test part needs its own")
    return y, part


def _below(top: Path) -> list[Path]:
    """What lies below a folder, sorted, without what is hidden or left."""
    return [p for p in sorted(top.rglob("*")) if not any(part.startswith(LEFT) for part in p.relative_to(top).parts)]


def _is_class(folder: Path, read: set[Path]) -> bool:
    """Whether a folder lies beside class folders, and is no part that has class folders itself."""
    return folder.is_dir() and not folder.name.startswith(LEFT) and not any(folder in other.parents for other in read)
