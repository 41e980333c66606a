"""Records: append-only lines, one writer, latest wins, and what is refused."""

import gzip
import json
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from mixsuite.errors import InputError
from mixsuite.results.record import (
    SCHEMA,
    Record,
    RecordWriter,
    compress_records,
    open_records,
    parse_record,
    read_latest,
    read_records,
    record_files,
)

DATA = Path(__file__).parents[2] / "data"


def a_record(**values) -> Record:
    first = Record(
        schema=SCHEMA,
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
        (a_record().line().replace('"metrics"', '"metrix"'), "unknown field 'metrix'; did you mean 'metrics'"),
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


def test_a_compressed_file_is_read_like_a_plain_one(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
        writer.append("iris", a_record(id="b" * 16))
    plain = read_records(tmp_path)
    before = {path.stem: path.read_bytes() for path in (tmp_path / "records").iterdir()}
    written = compress_records(tmp_path)
    assert [path.name for path in written] == ["iris.jsonl.gz", "wine.jsonl.gz"]
    assert sorted(path.name for path in (tmp_path / "records").iterdir()) == ["iris.jsonl.gz", "wine.jsonl.gz"]
    assert read_records(tmp_path) == plain
    for path in written:
        assert gzip.decompress(path.read_bytes()) == before[path.name.removesuffix(".jsonl.gz")]
        with open_records(path) as file:
            assert file.read() == gzip.decompress(path.read_bytes())
    assert compress_records(tmp_path) == []


def test_the_same_lines_compress_to_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        with RecordWriter(tmp_path / name) as writer:
            writer.append("wine", a_record())
    (one,), (two,) = (compress_records(tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_lines_written_after_compressing_win_and_are_joined(tmp_path):
    for error in (0.5, 0.25):
        with RecordWriter(tmp_path) as writer:
            writer.append("wine", a_record(metrics={"error": error}))
        assert read_records(tmp_path)["a" * 16].metrics == {"error": error}
        assert [path.name for path in record_files(tmp_path)][-1] == "wine.jsonl"
        (packed,) = compress_records(tmp_path)
    assert len(gzip.decompress(packed.read_bytes()).splitlines()) == 2
    assert read_records(tmp_path)["a" * 16].metrics == {"error": 0.25}


def test_between_files_the_later_time_wins(tmp_path):
    late, early = "2026-02-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"
    with RecordWriter(tmp_path) as writer:
        writer.append("a", a_record(time=late, metrics={"error": 0.5}))
        writer.append("b", a_record(time=early, metrics={"error": 0.25}))
    assert read_latest(tmp_path, lambda record: record.metrics["error"]) == {"a" * 16: 0.5}


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"x" * 5000, mtime=0)[:20]], ids=["no gzip", "cut off"])
def test_a_damaged_compressed_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "wine.jsonl.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"wine\.jsonl\.gz: cannot be read"):
        read_records(tmp_path)
