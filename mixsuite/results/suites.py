"""Suites of OpenML as matrices: what a suite lists, and the matrix file that trains on it."""

from __future__ import annotations

import http.client
import json
import math
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from mixsuite.errors import InputError, printable
from mixsuite.results.files import write_text

_SITE = "https://www.openml.org/api/v1/json"
_LARGEST = 20_000_000  # bytes of an answer
_SECONDS = 60.0  # that an answer may take
_TOGETHER = 50  # data sets that are asked for in one question: an address has its bounds

Ask = Callable[[str], bytes]


class _Ids(BaseModel):
    data_id: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=10_000)]


class _Study(BaseModel):
    name: str
    data: _Ids


class _Answer(BaseModel):
    study: _Study


class _Quality(BaseModel):
    name: str
    value: float | None = None


class _Set(BaseModel):
    did: Annotated[int, Field(ge=1)]
    name: str
    status: str = "active"
    quality: list[_Quality] = []


class _Sets(BaseModel):
    dataset: list[_Set]


class _Listing(BaseModel):
    data: _Sets


@dataclass(frozen=True)
class Table:
    """A data set of a suite.

    classes: 0 if it has numbers to predict.
    status:  what OpenML says of it: "active", or why it should not be used.
    """

    number: int
    name: str
    rows: int
    classes: int
    status: str

    @property
    def entry(self) -> str:
        """As a matrix names it."""
        return f"openml:{self.number}" + ("" if self.classes else "(kind=regression)")


@dataclass(frozen=True)
class Suite:
    """A suite and its data sets, in its own order."""

    number: int
    name: str
    tables: tuple[Table, ...]


def ask_openml(path: str) -> bytes:
    """Ask OpenML's site for a path of its interface.

    Raises:
        InputError: there is no answer, or a very long one.
    """
    try:
        with urllib.request.urlopen(f"{_SITE}/{path}", timeout=_SECONDS) as answer:
            content: bytes = answer.read(_LARGEST + 1)
    except (OSError, http.client.HTTPException) as error:
        said = printable(str(getattr(error, "reason", error) or type(error).__name__))
        raise InputError(f"openml.org: no answer for {path} ({said:.200})") from None
    if len(content) > _LARGEST:
        raise InputError(f"openml.org: the answer for {path} has over {_LARGEST} bytes")
    return content


def read_suite(number: int, ask: Ask = ask_openml) -> Suite:
    """Read what a suite lists.

    Raises:
        InputError: there is no answer, it is not of OpenML's form, or a data set of the suite is not listed.
    """
    study = _parsed(_Answer, ask(f"study/{number}"), f"suite {number}").study
    numbers = list(dict.fromkeys(study.data.data_id))
    listed: dict[int, _Set] = {}
    for begin in range(0, len(numbers), _TOGETHER):
        some = ",".join(map(str, numbers[begin : begin + _TOGETHER]))
        found = _parsed(_Listing, ask(f"data/list/data_id/{some}/status/all"), "its data sets").data.dataset
        listed |= {one.did: one for one in found}
    missing = [one for one in numbers if one not in listed]
    if missing:
        raise InputError(f"openml.org: suite {number} has the data set {missing[0]}, which is not listed")
    return Suite(number, study.name, tuple(_table(listed[one]) for one in numbers))


def as_matrix(suite: Suite) -> str:
    """The text of a matrix that trains ERM and mixup on a suite's tables."""
    name = " ".join(printable(suite.name).split())
    lines = [
        f"# OpenML's suite {suite.number}, {name}: {len(suite.tables)} tables.",
        'reference = "erm"',
        'methods = ["erm", "mixup"]',
        'seeds = "0-11"',
        "datasets = [",
    ]
    for table in suite.tables:
        target = f"{table.classes} classes" if table.classes else "numbers"
        known = "" if table.status == "active" else f", {printable(table.status)}"
        about = " ".join(f"{printable(table.name)}: {table.rows} rows, {target}{known}".split())
        lines.append(f'    "{table.entry}",  # {about}')
    return "\n".join([*lines, "]"]) + "\n"


def write_suite(number: int, out: Path, ask: Ask = ask_openml) -> Suite:
    """Write a suite's matrix file.

    Raises:
        InputError: as ``read_suite``; or the file is there.
    """
    if os.path.lexists(out):
        raise InputError(f"{out} exists; remove it, or name another file with --out")
    suite = read_suite(number, ask)
    write_text(out, as_matrix(suite))
    return suite


def _table(found: _Set) -> Table:
    """A data set as the suite's matrix needs it.

    Raises:
        InputError: it does not say how many rows or classes it has.
    """
    known = {one.name: one.value for one in found.quality}

    def count(name: str) -> int:
        value = known.get(name)
        if value is None or not math.isfinite(value):
            raise InputError(f"openml.org: data set {found.did} has no {name}")
        return max(0, int(value))

    return Table(found.did, found.name, count("NumberOfInstances"), count("NumberOfClasses"), found.status)


def _parsed(model: type[Any], content: bytes, what: str) -> Any:
    try:
        return model.model_validate(json.loads(content))
    except (ValueError, RecursionError) as error:
        where = ""
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            where = f" ({'.'.join(map(str, first['loc']))}: {first['msg']})"
        raise InputError(f"openml.org: its answer for {what} is not of the form that is known{where}") from None
