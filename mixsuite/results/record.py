"""Records: one JSON line per run in <out>/records/<task>.jsonl.

The files are append-only and have one writer. The latest record of a run counts.
"""

from __future__ import annotations

import gzip
import json
import os
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from filelock import FileLock, Timeout

from mixsuite.errors import InputError, unknown
from mixsuite.results.files import write_whole

T = TypeVar("T")
SCHEMA = 2  # the schema that is written; older ones are read, and the fields that they lack are empty
READABLE = (1, SCHEMA)
STATUSES = ("ok", "failed", "skipped")


@dataclass(frozen=True)
class Record:
    """The result of one run and what made it.

    names:   domain, dataset, recipe, task and method as tables show them.
    spec:    the canonical spec; ``id`` is its hash.
    status:  "ok", "failed" or "skipped".
    reason:  why the run failed (with the traceback) or was skipped.
    code:    the identity of the code that made it (``experiment.code``).
    data:    fingerprint of the data's files.
    time:    when the record was written, UTC in ISO format.
    seconds: time of training.
    peak_memory: in bytes.
    split:   "drawn" from the seed or "official"; "" in records of earlier versions.
    probes:  probe -> {"code": hash, "status": ok, skipped or failed, "reason": why it has no metrics}.
    The other fields hold what training and the metrics returned; they are empty if the run did not get there.

    Schema 2 adds these fields. They are empty in records of schema 1, and until something fills them:
    data_read:   fingerprint of the data as the worker read them (``data`` is what was planned).
    sequence:    running number of the line in its folder, which tells the newer of two lines of a run.
    checksum:    16 hex digits over the line without this field.
    train_error: the primary metric on the training rows, unmixed, in evaluation mode.
    rows_file:   where the losses of each test row are kept beside the record.
    tuning:      the candidates that a tuned recipe was chosen among, and the criterion.
    length:      the factor by which the recipe's length was stretched to check convergence.
    """

    schema: int
    id: str
    names: dict[str, str]
    spec: dict[str, Any]
    status: str
    reason: str
    code: dict[str, Any]
    data: str
    time: str
    machine: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)
    reliability: dict[str, list[float]] | None = None
    reliability_scaled: dict[str, list[float]] | None = None
    temperature: dict[str, Any] | None = None
    seconds: float | None = None
    steps: int | None = None
    rows_per_step: float | None = None
    peak_memory: int | None = None
    parameters: int | None = None
    parts: dict[str, int] = field(default_factory=dict)
    split: str = ""
    executor: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    probes: dict[str, Any] = field(default_factory=dict)
    data_read: str = ""
    sequence: int | None = None
    checksum: str = ""
    train_error: float | None = None
    rows_file: str = ""
    tuning: dict[str, Any] | None = None
    length: float | None = None

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.spec["seed"])

    def line(self) -> str:
        """Write the record as one line of JSON.

        Raises:
            ValueError: a value is NaN or infinite; a run with such a metric must be recorded as failed.
        """
        return json.dumps(asdict(self), separators=(",", ":"), allow_nan=False) + "\n"


_FIELDS = set(Record.__dataclass_fields__)
_NEEDED = {"schema", "id", "names", "spec", "status", "reason", "code", "data", "time"}
_PROBED = {"code", "status", "reason"}
_NAMES = {"domain", "dataset", "recipe", "task", "method"}


def parse_record(line: str, where: str) -> Record:
    """Read a line as a record.

    Args:
        line: one line of JSON.
        where: file and line number, for the message.

    Raises:
        InputError: the line is no record of mixsuite; the message says where, and what is wrong.
    """
    try:
        value = json.loads(line)
    except ValueError:
        raise InputError(f"{where}: not a line of JSON; remove the line to go on") from None
    if not isinstance(value, dict) or not value.keys() >= {"schema"}:
        raise InputError(f"{where}: not a mixsuite record; remove the line to go on")
    if value["schema"] not in READABLE:
        readable = " and ".join(map(str, READABLE))
        raise InputError(f"{where}: schema {value['schema']!r} is unknown (readable: {readable})")
    for name in value.keys() - _FIELDS:
        raise InputError(f"{where}: {unknown('field', name, _FIELDS)}; remove the line to go on")
    good = (
        value.keys() >= _NEEDED
        and value["status"] in STATUSES
        and isinstance(value["names"], dict)
        and value["names"].keys() >= _NAMES
        and isinstance(value["spec"], dict)
        and isinstance(value["spec"].get("seed"), int)
        and isinstance(value["code"], dict)
        and isinstance(value.get("metrics", {}), dict)
        and all(isinstance(v, int | float) and isfinite(v) for v in value.get("metrics", {}).values())
        and isinstance(value.get("probes", {}), dict)
        and all(isinstance(v, dict) and v.keys() >= _PROBED for v in value.get("probes", {}).values())
    )
    if not good:
        raise InputError(
            f"{where}: a mixsuite record with fields missing or wrong, or metrics that are no numbers; "
            "remove the line to go on"
        )
    return Record(**value)


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
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                warnings.warn(
                    f"{path.name}, line {number}: torn (a run was cut off while it was written); ignored", stacklevel=3
                )
                return
            try:
                yield number, raw.decode("utf-8")
            except UnicodeDecodeError:
                raise InputError(f"{path}, line {number}: not text; remove the line to go on") from None


def read_latest(out: Path, keep: Callable[[Record], T]) -> dict[str, T]:
    """Read the latest record of every id in a results folder: id -> what ``keep`` returns for it.

    Only one full record is in memory at a time, since a table needs little of each.

    Raises:
        InputError: a line that is no record (the message names file and line), or a file that cannot be read.
    """
    latest: dict[str, tuple[str, T]] = {}
    for path in record_files(out):
        own: dict[str, tuple[str, T]] = {}  # within a file the later line wins, between files the later time
        try:
            for number, line in _lines(path):
                record = parse_record(line, f"{path}, line {number}")
                own[record.id] = record.time, keep(record)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: cannot be read: {error}") from None
        latest |= {k: v for k, v in own.items() if k not in latest or latest[k][0] <= v[0]}
    return {k: value for k, (_, value) in latest.items()}


def read_records(out: Path) -> dict[str, Record]:
    """Read the latest record of every id in a results folder.

    Raises:
        InputError: as ``read_latest``.
    """
    return read_latest(out, lambda record: record)


class RecordWriter:
    """The one writer of a results folder: it holds the folder's lock and appends whole lines.

    Raises:
        InputError: the folder cannot be made, or another run holds the lock.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            (out / "records").mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(out / ".lock", blocking=False)
            self._lock.acquire()
        except Timeout:
            raise InputError(f"--out {out}: another run is writing there; wait for it, or give another --out") from None
        except OSError as error:
            raise InputError(f"--out {out}: cannot be made: {error.strerror} ({error.filename})") from None
        self._files: dict[str, int] = {}

    def append(self, name: str, record: Record) -> None:
        """Append a record to <out>/records/<name>.jsonl as one whole line."""
        if name not in self._files:
            path = self.out / "records" / f"{name}.jsonl"
            _drop_torn_tail(path)
            self._files[name] = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        data = record.line().encode()
        while data:
            data = data[os.write(self._files[name], data) :]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._files.values():
            os.close(number)
        self._lock.release()


def _drop_torn_tail(path: Path) -> None:
    """Cut off a last line that has no line end, so that the next record starts on a new line."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        keep = content.rfind(b"\n") + 1
        if keep < len(content):
            file.truncate(keep)
