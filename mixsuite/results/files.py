"""Write files whole or not at all, one writer at a time."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from mixsuite.errors import InputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all: write a temporary file beside it, with a name of its own, then rename that.

    Args:
        path: of the file; its folder is made.
        write: writes the file to the path that it is called with.

    Raises:
        InputError: the file cannot be written.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            write(part)
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline=""))


_PATIENCE = 60.0  # seconds to wait for another call that rewrites the same file


def take_lock(path: Path, wait: float = 0.0) -> FileLock:
    """Take the lock of a file or folder, which is a file of its own; release it by ``.release()``.

    Args:
        path: of the lock.
        wait: seconds to wait for another process that has it.

    Raises:
        Timeout: another process has it.
        OSError: it cannot be made, or it is a link, which is never followed.
    """
    if path.is_symlink():
        raise OSError(40, "it is a link to another file", str(path))
    lock = FileLock(path, timeout=wait)
    lock.acquire()
    return lock


@contextlib.contextmanager
def rewriting(path: Path) -> Iterator[None]:
    """Keep others from rewriting a file from its reading to its writing; what they add meanwhile would be lost.

    Raises:
        InputError: another call has been rewriting it for a minute, or the lock cannot be made.
    """
    own = path.with_name(f".{path.name[:100]}.lock")
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        lock = take_lock(own, _PATIENCE)
    except Timeout:
        raise InputError(f"{path}: another call has been writing it for {_PATIENCE:.0f} s; try again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror} ({own})") from None
    try:
        yield
    finally:
        lock.release()
