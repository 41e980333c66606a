"""A record: the result of one run and what made it, one line of JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from mixsuite.errors import InputError, unknown
from mixsuite.experiment.spec import digest_json

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
    probes:  probe or metric -> {"code": hash, "status": ok, skipped or failed, "reason": why it has no numbers}.
    The other fields hold what training and the metrics returned; they are empty if the run did not get there.

    Schema 2 adds these fields. They are empty in records of schema 1, and until something fills them:
    data_read:   fingerprint of the data as the worker read them (``data`` is what was planned).
    sequence:    running number of the line in its folder, which tells the newer of two lines of a run.
    checksum:    16 hex digits over the line before this field, which is the last one.
    train_error: the error, or for regression the RMSE, on the training rows, unmixed, in evaluation mode.
    rows_file:   the file beside the records that holds the loss of each test row (``results.row_files``).
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
    train_error: float | None = None
    rows_file: str = ""
    tuning: dict[str, Any] | None = None
    length: float | None = None
    checksum: str = ""

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.spec["seed"])

    def line(self) -> str:
        """Write the record as one line of JSON, with its checksum.

        Raises:
            ValueError: a value is NaN or infinite; a run with such a metric must be recorded as failed.
        """
        values = asdict(self)
        del values["checksum"]
        content = json.dumps(values, separators=(",", ":"), allow_nan=False)[:-1]
        return f'{content}{_MARK}{_checksum(content)}"}}\n'


_MARK = ',"checksum":"'


def _checksum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


_MOST = 1e150  # squares of larger numbers are infinite


def _is_finite(value: Any) -> bool:
    return isfinite(value) and abs(value) < _MOST if type(value) is float else type(value) is int and abs(value) < 2**63


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_finite, value.values())) and all(map(str.isprintable, value))


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _or_none(good: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or good(value)


def _probes(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(v, dict) and all(isinstance(v.get(name), str) for name in ("code", "status", "reason"))
        for v in value.values()
    )


_NAMES = {"domain", "dataset", "recipe", "task", "method"}
_NEEDED = {"schema", "id", "names", "spec", "status", "reason", "code", "data", "time"}
_GOOD: dict[str, Callable[[Any], bool]] = {  # field -> whether a value is one of it
    "schema": lambda value: value in READABLE,
    "id": _text,
    "names": lambda value: _texts(value) and value.keys() >= _NAMES,
    "spec": lambda value: _table(value) and type(value.get("seed")) is int,
    "status": lambda value: value in STATUSES,
    "reason": _text,
    "code": _table,
    "data": _text,
    "time": _text,
    "machine": _table,
    "metrics": _numbers,
    "curve": lambda value: isinstance(value, list) and all(map(_numbers, value)),
    "reliability": _or_none(_table),
    "reliability_scaled": _or_none(_table),
    "temperature": _or_none(_table),
    "seconds": _or_none(_is_finite),
    "steps": _or_none(_is_finite),
    "rows_per_step": _or_none(_is_finite),
    "peak_memory": _or_none(_is_finite),
    "parameters": _or_none(_is_finite),
    "parts": _numbers,
    "split": _text,
    "executor": _table,
    "digests": _texts,
    "probes": _probes,
    "data_read": _text,
    "sequence": _or_none(lambda value: type(value) is int and 0 <= value < 2**53),
    "train_error": _or_none(_is_finite),
    "rows_file": _text,
    "tuning": _or_none(_table),
    "length": _or_none(_is_finite),
    "checksum": _text,
}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, refused if a name comes twice: which value was meant cannot be told.

    Raises:
        ValueError: a name comes twice.
    """
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def parse_record(line: str, where: str) -> Record:
    """Read a line as a record.

    Args:
        line: one line of JSON.
        where: file and line number, for the message.

    Raises:
        InputError: the line is no record of mixsuite, or was changed after it was written; the message says where, and
            what is wrong.
    """
    try:
        value = json.loads(line, object_pairs_hook=None if _MARK in line else _each_once)
    except (ValueError, RecursionError):
        raise InputError(f"{where}: not a line of JSON; remove the line to go on") from None
    if not isinstance(value, dict) or not value.keys() >= {"schema"}:
        raise InputError(f"{where}: not a mixsuite record; remove the line to go on")
    if type(value["schema"]) is not int or value["schema"] not in READABLE:
        readable = " and ".join(map(str, READABLE))
        raise InputError(f"{where}: schema {value['schema']!r} is unknown (readable: {readable})")
    for name in sorted(value.keys() - _GOOD.keys()):
        raise InputError(f"{where}: {unknown('field', name, _GOOD)}; remove the line to go on")
    bad = sorted({*(_NEEDED - value.keys()), *(name for name in value if not _GOOD[name](value[name]))})
    if bad:
        raise InputError(f"{where}: a record whose {', '.join(bad)} is missing or wrong; remove the line to go on")
    if value.get("checksum") or value.get("sequence") is not None:  # whatever writes one writes both
        content, _, end = line.rstrip("\n").rpartition(_MARK)
        if not value.get("checksum") or end != f'{_checksum(content)}"}}':
            raise InputError(f"{where}: the line was changed after it was written; remove it to go on")
    if digest_json(value["spec"])[:16] != value["id"]:
        raise InputError(f"{where}: its id is {value['id']!r}, which is not that of its spec; remove the line to go on")
    return Record(**value)
