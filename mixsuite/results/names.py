"""Names of files and folders that are made from names which users choose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LOSSES = "losses"  # the folder of the files that hold the losses of test rows
_ROW_FILE = re.compile(rf"{LOSSES}/[0-9a-f]{{16}}-[0-9a-f]{{16}}\.npz")
_LONGEST = 150  # characters of a name's readable part; a name may have 255 bytes in all
_UNSAFE = re.compile(r"[^A-Za-z0-9._=-]")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # with any suffix, on Windows


def is_row_file(name: str) -> bool:
    """Whether a record may name this file of losses: it lies in their folder, and nowhere else."""
    return bool(_ROW_FILE.fullmatch(name))


def file_stems(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Name -> file name without suffix, by which no two can be mistaken for each other, whatever the file system.

    A name that is too long, or whose file name another one has (upper and lower case are the same), gets 8 hex digits
    of its hash.

    Args:
        names: they differ.
        taken: further file names in the same folder.
    """
    stems: dict[str, str] = {}
    used = {name.lower() for name in taken} | {""}
    for name in names:
        stem = _UNSAFE.sub("-", name)
        salt = 0
        while stem.lower() in used or len(stem) > _LONGEST or _DEVICES.fullmatch(stem) or stem.startswith("."):
            stem = _hashed(name, f"{name}{salt or ''}")
            salt += 1
        stems[name] = stem
        used.add(stem.lower())
    return stems


def folder_name(name: str) -> str:
    """The folder of a name: the name as it is, if any file system takes it as one; else a safe form with its hash.

    Names with capital letters get a hash where they would be one with another on some systems: ``Mine`` and ``mine``.
    """
    plain = re.fullmatch(r"[\w(][\w()\[\]=,. +-]*[\w)]|\w", name, re.ASCII)
    call = name.partition("(")[0]
    if plain and len(name) <= _LONGEST and not _DEVICES.fullmatch(name) and call == call.lower():
        return name
    return _hashed(name, name)


def _hashed(name: str, salted: str) -> str:
    """A name's readable part, without its points (a device has its name with any suffix), and the hash of a text."""
    readable = _UNSAFE.sub("-", name)[: _LONGEST - 9].lstrip(".")
    readable = readable.replace(".", "-") if _DEVICES.fullmatch(readable) else readable
    return f"{readable}-{hashlib.sha256(salted.encode()).hexdigest()[:8]}"
