"""What a run came to is a part of its record."""

from dataclasses import MISSING, fields

from mixsuite.execution.result import RunResult
from mixsuite.results.record import Record


def test_every_field_is_one_of_the_records():
    assert {field.name for field in fields(RunResult)} <= {field.name for field in fields(Record)}


def test_what_is_not_known_is_empty_as_in_the_record():
    empty, record = RunResult("failed", "gone"), {field.name: field for field in fields(Record)}
    for field in fields(RunResult):
        if field.name not in ("status", "reason"):
            there = record[field.name]
            usual = there.default if there.default_factory is MISSING else there.default_factory()
            assert getattr(empty, field.name) == usual, field.name


def test_two_results_share_nothing():
    one, other = RunResult("ok"), RunResult("ok")
    one.metrics["error"] = 0.5
    assert other.metrics == {}
