"""Names of files and folders that are made from names which users choose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_LONGEST = 150  # characters of a name's readable part; a name may have 255 bytes in all
_UNSAFE = re.compile(r"[^A-Za-z0-9._=-]")
_RESERVED = {"", ".", "..", "con", "prn", "aux", "nul"}


def file_stems(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Name -> file name without suffix, by which no two can be mistaken for each other, whatever the file system.

    A name that is too long, or whose file name another one has (upper and lower case are the same), gets 8 hex digits
    of its hash.

    Args:
        names: they differ.
        taken: further file names in the same folder.
    """
    stems: dict[str, str] = {}
    used = {name.lower() for name in taken} | _RESERVED
    for name in names:
        stem = _UNSAFE.sub("-", name)
        salt = 0
        while stem.lower() in used or len(stem) > _LONGEST or stem.startswith("."):
            digest = hashlib.sha256(f"{name}{salt or ''}".encode()).hexdigest()[:8]
            stem = f"{_UNSAFE.sub('-', name)[: _LONGEST - 9].lstrip('.')}-{digest}"
            salt += 1
        stems[name] = stem
        used.add(stem.lower())
    return stems


def folder_name(name: str) -> str:
    """The folder of a name: the name as it is, if any file system takes it as one; else a safe form with its hash."""
    plain = re.fullmatch(r"[\w(][\w()\[\]=,. +-]*[\w)]|\w", name, re.ASCII)
    if plain and len(name) <= _LONGEST and name.lower() not in _RESERVED:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{_UNSAFE.sub('-', name)[: _LONGEST - 9].lstrip('.')}-{digest}"
