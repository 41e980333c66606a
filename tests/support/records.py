"""A made-up record."""

from dataclasses import replace

from mixsuite.experiment.spec import digest_json
from mixsuite.results.record import SCHEMA, Record


def id_of(seed: int) -> str:
    return digest_json({"seed": seed})[:16]


def a_record(seed: int = 3, **values) -> Record:
    first = Record(
        schema=SCHEMA,
        id=id_of(seed),
        names={"domain": "tabular", "dataset": "wine", "recipe": "r", "task": "wine", "method": "erm"},
        spec={"seed": seed},
        status="ok",
        reason="",
        code={"hash": "c"},
        data="d",
        time="2026-01-01T00:00:00+00:00",
        metrics={"error": 0.25},
    )
    return replace(first, **values)
