"""A record: one line, what it holds, and what is refused."""

import json
from pathlib import Path

import pytest
from support.records import a_record

from mixsuite.errors import InputError
from mixsuite.results.record import SCHEMA, parse_record

DATA = Path(__file__).parents[2] / "data"


def test_nan_is_never_written():
    with pytest.raises(ValueError, match=r"nan|JSON"):
        a_record(metrics={"error": float("nan")}).line()


def test_records_of_the_first_schema_stay_readable():
    lines = (DATA / "records-v1.jsonl").read_text().splitlines()
    found = [parse_record(line, "here") for line in lines]
    assert {r.status for r in found} == {"ok", "failed", "skipped"}
    (done,) = [r for r in found if r.status == "ok"]
    assert done.metrics["error"] > 0
    assert set(done.digests) == {"data", "split", "init", "order", "draws", "plan", "weights"}
    assert {r.schema for r in found} == {1}
    assert (done.data_read, done.sequence, done.checksum, done.train_error, done.tuning) == ("", None, "", None, None)


def test_a_record_of_the_second_schema_is_read_whole():
    (line,) = (DATA / "records-v2.jsonl").read_text().splitlines()
    record = parse_record(line, "here")
    assert (record.schema, SCHEMA) == (2, 2)
    assert record.line() == line + "\n"  # nothing is lost, added or put elsewhere
    assert (record.sequence, record.train_error, record.length) == (7, 0.0625, 2.0)
    assert record.tuning == {"among": ["lr=0.1", "lr=0.3"], "by": "error"}


def test_a_record_with_a_misspelt_field_is_refused():
    with pytest.raises(TypeError, match="metrix"):
        a_record(metrix={"error": 0.25})
    with pytest.raises(InputError, match="unknown field 'secnds'; did you mean 'seconds'"):
        parse_record(json.dumps(json.loads(a_record().line()) | {"secnds": 1.0}), "here")


def test_a_record_without_a_checksum_that_gives_a_value_twice_is_refused():
    line = (DATA / "records-v1.jsonl").read_text().splitlines()[0]
    assert parse_record(line, "here").schema == 1
    with pytest.raises(InputError, match="here: not a line of JSON"):
        parse_record(line[:-1] + ',"status":"ok"}', "here")


def test_a_number_whose_square_is_infinite_is_no_metric():
    value = json.loads(a_record().line()) | {"metrics": {"error": 1e200}}
    del value["checksum"], value["sequence"]
    with pytest.raises(InputError, match="metrics is missing or wrong"):
        parse_record(json.dumps(value), "here")
