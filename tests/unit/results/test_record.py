"""A record: one line, what it holds, and what is refused."""

import json
import math
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import a_record

from mixsuite.errors import InputError
from mixsuite.results.record import SCHEMA, Record, parse_record

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


def _number(value):
    return abs(value) < (1e150 if type(value) is float else 2**63) if type(value) in (int, float) else False


def _numbers(value):
    return isinstance(value, dict) and all(map(_number, value.values())) and all(map(str.isprintable, value))


def _texts(value):
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_table(value):
    return isinstance(value, dict)


def _is_text(value):
    return isinstance(value, str)


def _maybe(good):
    return lambda value: value is None or good(value)


# The slow twin of what a line may hold: field -> whether a value is one of it.
GOOD = {
    **dict.fromkeys(("id", "reason", "data", "time", "split", "data_read", "rows_file", "checksum"), _is_text),
    **dict.fromkeys(("code", "machine", "executor"), _is_table),
    **dict.fromkeys(("reliability", "reliability_scaled", "temperature", "tuning"), _maybe(_is_table)),
    **dict.fromkeys(("seconds", "steps", "rows_per_step", "peak_memory", "parameters"), _maybe(_number)),
    **dict.fromkeys(("train_error", "length"), _maybe(_number)),
    **dict.fromkeys(("metrics", "parts"), _numbers),
    "schema": lambda value: type(value) is int and value in (1, 2),
    "names": lambda value: _texts(value) and value.keys() >= {"domain", "dataset", "recipe", "task", "method"},
    "spec": lambda value: _is_table(value) and type(value.get("seed")) is int,
    "status": lambda value: value in ("ok", "failed", "skipped"),
    "curve": lambda value: isinstance(value, list) and all(map(_numbers, value)),
    "digests": _texts,
    "probes": lambda value: (
        _is_table(value)
        and all(
            _is_table(probe) and all(isinstance(probe.get(name), str) for name in ("code", "status", "reason"))
            for probe in value.values()
        )
    ),
    "sequence": _maybe(lambda value: type(value) is int and 0 <= value < 2**53),
}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 2**53, 2**63, 10**30, "ok", "", "caf\u00e9", "a\nb", 1e200, -1e150, 0.1, 1e-320]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)
NAMED = st.sampled_from(["error", "step", "seed", "code", "status", "reason", "a\nb", "domain", "dataset"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMED, inner, max_size=4), max_leaves=8
)


@given(st.sampled_from([one.name for one in fields(Record)]), VALUES)
def test_a_line_is_refused_exactly_where_a_plain_check_of_each_field_refuses_it(name, value):
    line = json.loads(a_record().line())
    del line["checksum"], line["sequence"]
    line[name] = value
    try:
        found = parse_record(json.dumps(line), "here")
    except InputError as error:
        said = str(error)
        other = re.search("schema .* is unknown|its id is|was changed after", said)
        assert other or f"a record whose {name} is missing or wrong" in said
        assert (not GOOD[name](value)) if not other else name in ("schema", "id", "spec", "sequence", "checksum")
    else:
        assert GOOD[name](value)
        assert getattr(found, name) == value and type(getattr(found, name)) is type(value)


@given(st.lists(st.floats(-1e149, 1e149).filter(math.isfinite), max_size=20))
def test_every_number_is_read_to_its_last_bit(values):
    metrics = {f"m{place}": value for place, value in enumerate(values)}
    record = parse_record(a_record(metrics=metrics).line(), "here")
    assert [value.hex() for value in record.metrics.values()] == [value.hex() for value in values]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(text):
    line = a_record(metrics={"error": 0.25}).line().replace('"error":0.25', f'"error":{text}')
    with pytest.raises(InputError, match=r"here: .*(metrics is missing or wrong|not a line of JSON)"):
        parse_record(line, "here")
