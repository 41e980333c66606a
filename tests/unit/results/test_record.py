"""Records: append-only lines, one writer, latest wins, and what is refused."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from mixsuite.errors import InputError
from mixsuite.results.record import Record, RecordWriter, parse_record, read_records

OLD = Path(__file__).parent / "data" / "records-v1.jsonl"


def a_record(**values) -> Record:
    first = Record(
        schema=1,
        id="a" * 16,
        names={"domain": "tabular", "dataset": "wine", "recipe": "r", "task": "wine", "method": "erm"},
        spec={"seed": 3},
        status="ok",
        reason="",
        code={"hash": "c"},
        data="d",
        time="2026-01-01T00:00:00+00:00",
        metrics={"error": 0.25},
    )
    return replace(first, **values)


def test_what_is_written_is_read_and_the_latest_line_wins(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
        writer.append("wine", a_record(id="b" * 16))
        writer.append("wine", a_record(metrics={"error": 0.5}))
    found = read_records(tmp_path)
    assert found["a" * 16].metrics == {"error": 0.5}
    assert found["b" * 16] == a_record(id="b" * 16)
    assert len((tmp_path / "records" / "wine.jsonl").read_text().splitlines()) == 3


def test_a_torn_last_line_is_ignored_with_a_warning_and_cut_off_by_the_next_writer(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
    path = tmp_path / "records" / "wine.jsonl"
    path.write_text(path.read_text() + a_record(id="b" * 16).line()[:50])
    with pytest.warns(UserWarning, match=r"wine\.jsonl, line 2: torn"):
        assert list(read_records(tmp_path)) == ["a" * 16]
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record(id="c" * 16))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(read_records(tmp_path)) == ["a" * 16, "c" * 16]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello", "not a line of JSON"),
        ('{"a": 1}', "not a mixsuite record"),
        ("[1]", "not a mixsuite record"),
        ("\xff\xfe", "not a line of JSON"),
        (json.dumps({"schema": 99}), "schema 99 is unknown"),
        (json.dumps({"schema": 1, "id": "x"}), "fields missing or wrong"),
        (a_record().line().replace('"ok"', '"good"'), "fields missing or wrong"),
        (a_record().line().replace("0.25", '"low"'), "fields missing or wrong"),
        (a_record().line().replace('"seed":3', '"seed":"3"'), "fields missing or wrong"),
    ],
)
def test_a_foreign_line_is_refused_with_file_and_line(tmp_path, line, said):
    (tmp_path / "records").mkdir()
    path = tmp_path / "records" / "wine.jsonl"
    path.write_text(a_record().line() + line.rstrip("\n") + "\n" + a_record().line())
    with pytest.raises(InputError, match=rf"wine\.jsonl, line 2: .*{said}"):
        read_records(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "wine.jsonl").write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match=r"line 1: not text"):
        read_records(tmp_path)


def test_a_second_writer_is_refused_while_the_first_is_there(tmp_path):
    with RecordWriter(tmp_path), pytest.raises(InputError, match="another run is writing there"):
        RecordWriter(tmp_path)
    with RecordWriter(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        RecordWriter(tmp_path / "file" / "out")


def test_nan_is_never_written():
    with pytest.raises(ValueError, match=r"nan|JSON"):
        a_record(metrics={"error": float("nan")}).line()


def test_records_of_the_first_schema_stay_readable():
    lines = OLD.read_text().splitlines()
    found = [parse_record(line, "here") for line in lines]
    assert {r.status for r in found} == {"ok", "failed", "skipped"}
    (done,) = [r for r in found if r.status == "ok"]
    assert done.metrics["error"] > 0
    assert set(done.digests) == {"data", "split", "init", "order", "draws", "plan", "weights"}
