"""The record files of a results folder, <out>/records/<task>.jsonl: one line per run.

They are append-only and have one writer. The newest record of a run counts: the one with the highest number, which the
writer gives to each line.
"""

from __future__ import annotations

import gzip
import itertools
import os
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from filelock import Timeout

from mixsuite.errors import InputError
from mixsuite.results.files import take_lock, write_whole
from mixsuite.results.record import Record, parse_record

T = TypeVar("T")
_LONGEST = 2**26  # bytes of a line; a compressed file of a stranger may grow without end


def record_files(out: Path) -> list[Path]:
    """List the record files of a results folder: of each name the compressed one (.jsonl.gz), then the plain one."""
    folder = out / "records"
    return sorted(
        [*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")], key=lambda path: (_stem(path), path.suffix != ".gz")
    )


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def open_records(path: Path) -> IO[bytes]:
    """Open a record file, plain or compressed, to read its bytes."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def compress_records(out: Path) -> list[Path]:
    """Compress the plain record files of a results folder; return the files written.

    Lines are added to a compressed file of the same name if there is one. The same lines always give the same bytes,
    since the compressed file holds no time and no file name.

    Raises:
        InputError: a file cannot be written.
    """
    written = []
    for path in sorted((out / "records").glob("*.jsonl")):
        packed = path.with_name(path.name + ".gz")
        lines = (gzip.decompress(packed.read_bytes()) if packed.exists() else b"") + path.read_bytes()
        content = gzip.compress(lines, compresslevel=9, mtime=0)
        write_whole(packed, partial(_write_bytes, content))
        path.unlink()
        written.append(packed)
    return written


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number the lines of a file. A last line without its line end is torn: it is left out with a warning."""
    with open_records(path) as file:
        for number in itertools.count(1):
            raw = file.readline(_LONGEST)
            if not raw:
                return
            if len(raw) == _LONGEST:
                raise InputError(f"{path}, line {number}: longer than {_LONGEST // 2**20} MiB, which no record is")
            if not raw.endswith(b"\n"):
                warnings.warn(
                    f"{path.name}, line {number}: torn (a run was cut off while it was written); ignored", stacklevel=3
                )
                return
            try:
                yield number, raw.decode("utf-8")
            except UnicodeDecodeError:
                raise InputError(f"{path}, line {number}: not text; remove the line to go on") from None


def read_latest(out: Path, keep: Callable[[Record], T], conflicts: set[str] | None = None) -> dict[str, T]:
    """Read the newest record of every id in a results folder: id -> what ``keep`` returns for it.

    Of two lines the one with the higher number is newer. Lines without a number are older than all that have one; among
    them, and among lines of one number, which folders that were put together have, the later time counts, then the
    later line. Only one full record is in memory at a time, since a table needs
    little of each.

    Args:
        out: the results folder.
        keep: what is kept of a record.
        conflicts: takes the ids of which the same code, data and machine have given two results, or of which lines of
            one number and of other results are there, so that their order is a matter of the clock.

    Raises:
        InputError: a line that is no record (the message names file and line), or a file that cannot be read.
    """
    latest: dict[str, tuple[tuple[int, str], T]] = {}
    made: dict[tuple[str, str, int], dict[str, float]] = {}
    makers: dict[str, int] = {}  # code, data and machine -> a number
    for path in record_files(out):
        try:
            for number, line in _lines(path):
                record = parse_record(line, f"{path}, line {number}")
                age = -1 if record.sequence is None else record.sequence, record.time
                if record.id not in latest or latest[record.id][0] <= age:
                    latest[record.id] = age, keep(record)
                if conflicts is not None and record.status == "ok":
                    maker = repr((record.code.get("hash"), record.data, sorted(record.machine.items())))
                    for by in (("maker", makers.setdefault(maker, len(makers))), ("number", age[0])):
                        other = made.setdefault((record.id, *by), record.metrics) if by[1] != -1 else record.metrics
                        if any(other[name] != record.metrics[name] for name in other.keys() & record.metrics.keys()):
                            conflicts.add(record.id)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: cannot be read: {error}") from None
    return {k: value for k, (_, value) in latest.items()}


def read_records(out: Path) -> dict[str, Record]:
    """Read the latest record of every id in a results folder.

    Raises:
        InputError: as ``read_latest``.
    """
    return read_latest(out, lambda record: record)


class RecordWriter:
    """The one writer of a results folder: it holds the folder's lock and appends whole lines, numbered.

    Raises:
        InputError: the folder cannot be made, another run holds the lock, or a line is foreign.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            (out / "records").mkdir(parents=True, exist_ok=True)
            self._lock = take_lock(out / ".lock")
        except Timeout:
            raise InputError(f"--out {out}: another run is writing there; wait for it, or give another --out") from None
        except OSError as error:
            raise InputError(f"--out {out}: cannot be made: {error.strerror} ({error.filename})") from None
        self._sizes: dict[str, int] = {}  # of the files that this writer has appended to
        try:
            self._sequence = 1 + max((_last_sequence(path) for path in record_files(out)), default=0)
        except BaseException:
            self._lock.release()
            raise

    def append(self, name: str, record: Record) -> None:
        """Append a record to <out>/records/<name>.jsonl as one whole line, or nothing of it.

        Raises:
            InputError: the line cannot be written, or the file is no longer the one that was written to.
        """
        path = self.out / "records" / f"{name}.jsonl"
        line = replace(record, sequence=self._sequence).line().encode()
        try:
            if name not in self._sizes:
                _drop_torn_tail(path)
            new = os.O_CREAT if name not in self._sizes else 0
            file = os.open(path, os.O_WRONLY | os.O_APPEND | new | getattr(os, "O_NOFOLLOW", 0), 0o666)
            try:
                size = os.fstat(file).st_size
                if size != self._sizes.get(name, size):
                    raise OSError(0, "another process has changed it since")
                _write_all(file, line, size)
            finally:
                os.close(file)
        except OSError as error:
            why = "it was moved or removed" if isinstance(error, FileNotFoundError) else error.strerror
            raise InputError(f"{path}: cannot be written to: {why}; this run's result is lost, call again") from None
        self._sizes[name] = size + len(line)
        self._sequence += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def _write_all(file: int, data: bytes, size: int) -> None:
    """Append bytes to a file of a size, or take back what was written of them."""
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError:
        os.ftruncate(file, size)
        raise


def _last_sequence(path: Path) -> int:
    """The highest number of a file's lines, which others may have sorted; 0 if no line has one."""
    highest = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a torn line, which the next append cuts off
        for number, line in _lines(path):
            if '"sequence":' in line:
                highest = max(highest, parse_record(line, f"{path}, line {number}").sequence or 0)
    return highest


def _drop_torn_tail(path: Path) -> None:
    """Cut off a last line that has no line end, so that the next record starts on a new line."""
    try:
        number = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return
    with os.fdopen(number, "rb+") as file:
        content = file.read()
        keep = content.rfind(b"\n") + 1
        if keep < len(content):
            file.truncate(keep)
