"""A record: the result of one run and what made it, one line of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from mixsuite.errors import InputError, unknown
from mixsuite.experiment.spec import digest_json

SCHEMA: Literal[2] = 2  # the schema that is written; older ones are read, and the fields that they lack are empty
READABLE = (1, SCHEMA)
_MOST = 1e150  # squares of larger numbers are infinite
_NAMES = {"domain", "dataset", "recipe", "task", "method"}


def _has_names(value: dict[str, str]) -> dict[str, str]:
    if not value.keys() >= _NAMES:
        raise ValueError("a name is missing")
    return value


def _has_seed(value: dict[str, Any]) -> dict[str, Any]:
    if type(value.get("seed")) is not int:
        raise ValueError("no seed")
    return value


def _printable(value: dict[str, float]) -> dict[str, float]:
    if not all(map(str.isprintable, value)):
        raise ValueError("a name that cannot be printed")
    return value


def _points_printable(value: list[dict[str, float]]) -> list[dict[str, float]]:
    _printable(dict.fromkeys(set().union(*value), 0.0))
    return value


def _of_probes(value: dict[str, Any]) -> dict[str, Any]:
    for probe in value.values():
        if not all(isinstance(probe.get(name), str) for name in ("code", "status", "reason")):
            raise ValueError("a probe without code, status or reason")
    return value


# What a line may hold, which is checked when it is read.
Number = Annotated[int, Field(gt=-(2**63), lt=2**63)] | Annotated[float, Field(gt=-_MOST, lt=_MOST)]
Numbers = Annotated[dict[str, Number], AfterValidator(_printable)]
Curve = Annotated[list[dict[str, Number]], AfterValidator(_points_printable)]
Names = Annotated[dict[str, str], AfterValidator(_has_names)]
Spec = Annotated[dict[str, Any], AfterValidator(_has_seed)]
Probes = Annotated[dict[str, dict[str, Any]], AfterValidator(_of_probes)]
Sequence = Annotated[int, Field(ge=0, lt=2**53)]


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

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")

    schema: Literal[1, 2]
    id: str
    names: Names
    spec: Spec
    status: Literal["ok", "failed", "skipped"]
    reason: str
    code: dict[str, Any]
    data: str
    time: str
    machine: dict[str, Any] = field(default_factory=dict)
    metrics: Numbers = field(default_factory=dict)
    curve: Curve = field(default_factory=list)
    reliability: dict[str, Any] | None = None
    reliability_scaled: dict[str, Any] | None = None
    temperature: dict[str, Any] | None = None
    seconds: Number | None = None
    steps: Number | None = None
    rows_per_step: Number | None = None
    peak_memory: Number | None = None
    parameters: Number | None = None
    parts: Numbers = field(default_factory=dict)
    split: str = ""
    executor: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    probes: Probes = field(default_factory=dict)
    data_read: str = ""
    sequence: Sequence | None = None
    train_error: Number | None = None
    rows_file: str = ""
    tuning: dict[str, Any] | None = None
    length: Number | None = None
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


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, refused if a name comes twice: which value was meant cannot be told.

    Raises:
        ValueError: a name comes twice.
    """
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


@cache
def _checked() -> TypeAdapter[Record]:
    return TypeAdapter(Record)


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
        if _MARK not in line:
            json.loads(line, object_pairs_hook=_each_once)  # an editor may have left a name that comes twice
        record = _checked().validate_json(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: {_what_is_wrong(line, error)}") from None
    if record.checksum or record.sequence is not None:  # whatever writes one writes both
        content, _, end = line.rstrip("\n").rpartition(_MARK)
        if not record.checksum or end != f'{_checksum(content)}"}}':
            raise InputError(f"{where}: the line was changed after it was written; remove it to go on")
    if digest_json(record.spec)[:16] != record.id:
        raise InputError(f"{where}: its id is {record.id!r}, which is not that of its spec; remove the line to go on")
    return record


def _what_is_wrong(line: str, error: Exception) -> str:
    """Say why a line is no record."""
    try:
        value = json.loads(line, object_pairs_hook=None if _MARK in line else _each_once)
    except (ValueError, RecursionError):
        value = None
    if value is None or not isinstance(error, ValidationError):
        return "not a line of JSON; remove the line to go on"
    if not isinstance(value, dict) or not value.keys() >= {"schema"}:
        return "not a mixsuite record; remove the line to go on"
    if type(value["schema"]) is not int or value["schema"] not in READABLE:
        return f"schema {value['schema']!r} is unknown (readable: {' and '.join(map(str, READABLE))})"
    known = {one.name for one in fields(Record)}
    for name in sorted(value.keys() - known):
        return f"{unknown('field', name, known)}; remove the line to go on"
    bad = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
    return f"a record whose {', '.join(bad)} is missing or wrong; remove the line to go on"
