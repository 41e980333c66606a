"""Commented start files that an author changes. Each passes its check as it stands."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.plugins.kinds import Kind, builtin_files

_FOLDER = Path(__file__).parent


def new_file(kind: Kind, name: str, folder: Path) -> Path:
    """Write NAME.py into a folder: a start file for a plugin of a kind; return its path.

    Raises:
        InputError: the name cannot name a file and a class or is a built-in plugin's, or the file exists already or
            cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise InputError(f"'{name}': a name in small letters, digits and underscores is needed, as in my_own")
    if name in builtin_files(kind):
        raise InputError(f"'{name}' is built in; choose another name")
    path = folder / f"{name}.py"
    title = "".join(part.capitalize() for part in name.split("_"))
    text = (_FOLDER / f"{kind.name}.py.txt").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text.replace("TITLE", title).replace("NAME", name))
    except FileExistsError:
        raise InputError(f"{path} is there already; choose another name, or move it away") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    return path
