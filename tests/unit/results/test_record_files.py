"""Record files: append-only lines, one writer, the newest wins, and what is refused."""

import errno
import gzip
import json
import os
import resource
import warnings
from dataclasses import replace

import pytest
from support.records import a_record, id_of

from mixsuite.errors import InputError
from mixsuite.results.record_files import (
    RecordWriter,
    compress_records,
    open_records,
    read_latest,
    read_records,
    record_files,
)


def test_what_is_written_is_read_and_the_latest_line_wins(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
        writer.append("wine", a_record(4))
        writer.append("wine", a_record(metrics={"error": 0.5}))
    found = read_records(tmp_path)
    assert found[id_of(3)].metrics == {"error": 0.5}
    assert found[id_of(4)] == replace(a_record(4), sequence=2, checksum=found[id_of(4)].checksum)
    assert [record.sequence for record in found.values()] == [3, 2]
    assert len((tmp_path / "records" / "wine.jsonl").read_text().splitlines()) == 3


def test_a_torn_last_line_is_ignored_with_a_warning_and_cut_off_by_the_next_writer(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
    path = tmp_path / "records" / "wine.jsonl"
    path.write_text(path.read_text() + a_record(4).line()[:50])
    with pytest.warns(UserWarning, match=r"wine\.jsonl, line 2: torn"):
        assert list(read_records(tmp_path)) == [id_of(3)]
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record(5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(read_records(tmp_path)) == [id_of(3), id_of(5)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello", "not a line of JSON"),
        ('{"a": 1}', "not a mixsuite record"),
        ("[1]", "not a mixsuite record"),
        ("\xff\xfe", "not a line of JSON"),
        (json.dumps({"schema": 99}), "schema 99 is unknown"),
        (
            json.dumps({"schema": 1, "id": "x"}),
            "whose code, data, names, reason, spec, status, time is missing or wrong",
        ),
        (a_record().line().replace('"ok"', '"good"'), "whose status is missing or wrong"),
        (a_record().line().replace("0.25", '"low"'), "whose metrics is missing or wrong"),
        (a_record().line().replace("0.25", "9" * 400), "whose metrics is missing or wrong"),
        (a_record().line().replace("0.25", "9" * 5000), "not a line of JSON"),
        (a_record().line().replace("0.25", "[" * 100_000), "not a line of JSON"),
        (a_record().line().replace("0.25", "true"), "whose metrics is missing or wrong"),
        (a_record().line().replace("0.25", "NaN"), "whose metrics is missing or wrong"),
        (a_record().line().replace('"seed":3', '"seed":"3"'), "whose spec is missing or wrong"),
        (a_record().line().replace('"reason":""', '"reason":7'), "whose reason is missing or wrong"),
        (a_record().line().replace('"curve":[]', '"curve":[1]'), "whose curve is missing or wrong"),
        (a_record().line().replace('"seconds":null', '"seconds":"1"'), "whose seconds is missing or wrong"),
        (a_record().line().replace('"schema":2', '"schema":[2]'), "schema .2. is unknown"),
        (a_record().line().replace("0.25", "0.24"), "the line was changed after it was written"),
        (a_record().line().replace('"method":"erm"', '"method":"mixup"'), "the line was changed after it was written"),
        (a_record(4).line().replace(id_of(4), id_of(3)), "the line was changed"),
        (a_record(id=id_of(4)).line(), "which is not that of its spec"),
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


def test_a_compressed_file_is_read_like_a_plain_one(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
        writer.append("iris", a_record(4))
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
        assert read_records(tmp_path)[id_of(3)].metrics == {"error": error}
        assert [path.name for path in record_files(tmp_path)][-1] == "wine.jsonl"
        (packed,) = compress_records(tmp_path)
    assert len(gzip.decompress(packed.read_bytes()).splitlines()) == 2
    assert read_records(tmp_path)[id_of(3)].metrics == {"error": 0.25}


LATE, EARLY = "2026-02-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"


def test_the_newer_line_wins_in_whatever_file_and_whatever_the_clock_says(tmp_path):
    for name, time, error in (("b", LATE, 0.5), ("a", EARLY, 0.25), ("c", EARLY, 0.125)):
        with RecordWriter(tmp_path) as writer:
            writer.append(name, a_record(time=time, metrics={"error": error}))
        assert read_latest(tmp_path, lambda record: record.metrics["error"]) == {id_of(3): error}
    path = tmp_path / "records" / "b.jsonl"
    path.write_text("".join([*path.read_text().splitlines(True), a_record(time=LATE).line()]))  # has no number
    assert read_latest(tmp_path, lambda record: record.metrics["error"]) == {id_of(3): 0.125}


@pytest.mark.parametrize("places", [("a", "a"), ("a", "b"), ("b", "a")])
@pytest.mark.parametrize("first", [LATE, EARLY])
def test_among_lines_without_a_number_the_later_time_wins(tmp_path, places, first):
    """An older failure never beats a newer result, in whatever order lines were put together."""
    (tmp_path / "records").mkdir()
    times = first, EARLY if first == LATE else LATE
    for place, time in zip(places, times, strict=True):
        status = "ok" if time == LATE else "failed"
        with (tmp_path / "records" / f"{place}.jsonl").open("a") as file:
            file.write(a_record(time=time, status=status).line())
    assert read_latest(tmp_path, lambda record: record.status) == {id_of(3): "ok"}


def test_two_results_of_the_same_code_data_and_machine_are_a_conflict(tmp_path):
    cpu, other = {"cpu": "AVX2"}, {"cpu": "AVX512"}
    with RecordWriter(tmp_path) as writer:
        writer.append("a", a_record(1, machine=cpu))
        writer.append("a", a_record(1, machine=cpu, metrics={"error": 0.25, "nll@probe": 1.0}))  # the same, and more
        writer.append("a", a_record(2, machine=cpu))
        writer.append("b", a_record(2, machine=cpu, metrics={"error": 0.5}))
        writer.append("a", a_record(3, machine=cpu))
        writer.append("a", a_record(3, machine=other, metrics={"error": 0.5}))
        writer.append("a", a_record(4, machine=cpu, status="failed", metrics={}))
        writer.append("a", a_record(4, machine=cpu))
    found: set[str] = set()
    assert len(read_latest(tmp_path, lambda record: record, found)) == 4
    assert found == {id_of(2)}


def test_lines_of_one_number_in_folders_put_together_are_a_conflict_where_they_differ(tmp_path):
    for name, time, error in (("a", LATE, 0.25), ("b", EARLY, 0.5)):
        with RecordWriter(tmp_path / name) as writer:
            writer.append("t", a_record(1, time=time, metrics={"error": error}, code={"hash": name}))
            writer.append("t", a_record(2, time=time, code={"hash": name}))
    records = tmp_path / "both" / "records"
    records.mkdir(parents=True)
    lines = [(tmp_path / name / "records" / "t.jsonl").read_text() for name in ("a", "b")]
    for order in (lines, lines[::-1]):
        (records / "t.jsonl").write_text("".join(order))
        found: set[str] = set()
        assert read_latest(tmp_path / "both", lambda record: record.metrics["error"], found)[id_of(1)] == 0.25
        assert found == {id_of(1)}


def test_a_file_that_is_gone_or_was_changed_while_running_is_an_error_and_nothing_is_claimed(tmp_path):
    out, path = tmp_path / "out", tmp_path / "out" / "records" / "a.jsonl"
    with RecordWriter(out) as writer:
        writer.append("a", a_record(1))
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(InputError, match="cannot be written to: it was moved or removed"):
            writer.append("a", a_record(2))
        assert not path.exists()
        path.write_text("")
        with pytest.raises(InputError, match="another process has changed it since"):
            writer.append("a", a_record(2))
        assert path.read_text() == ""


def test_a_full_disk_leaves_whole_lines_alone(tmp_path, monkeypatch):
    with RecordWriter(tmp_path) as writer:
        writer.append("a", a_record(1))
        real, left = os.write, [100]

        def write(file, data):
            if not left:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(file, data[: left.pop()])

        monkeypatch.setattr(os, "write", write)
        with pytest.raises(InputError, match=r"a\.jsonl: cannot be written to: No space left on device"):
            writer.append("a", a_record(2))
        monkeypatch.undo()
        writer.append("a", a_record(3))
    assert [record.sequence for record in read_records(tmp_path).values()] == [1, 2]


def test_more_files_than_a_process_may_open(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, limits[1]))
    try:
        with RecordWriter(tmp_path) as writer:
            for number in range(150):
                writer.append(f"task{number}", a_record(number))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(read_records(tmp_path)) == 150


@pytest.mark.parametrize("name", [".lock", "records/wine.jsonl"])
def test_a_link_is_never_followed(tmp_path, name):
    """Of a folder that came from elsewhere."""
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.write_text("mine, without a line end")
    (out / "records").mkdir(parents=True)
    (out / name).symlink_to(victim)
    with pytest.raises(InputError, match=r"link|cannot be written to"), RecordWriter(out) as writer:
        writer.append("wine", a_record())
    assert victim.read_text() == "mine, without a line end"


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"x" * 5000, mtime=0)[:20]], ids=["no gzip", "cut off"])
def test_a_damaged_compressed_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "wine.jsonl.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"wine\.jsonl\.gz: cannot be read"):
        read_records(tmp_path)


def test_lines_that_others_have_sorted_still_have_their_numbers(tmp_path):
    with RecordWriter(tmp_path) as writer:
        for error in (0.5, 0.25):
            writer.append("wine", a_record(metrics={"error": error}))
    path = tmp_path / "records" / "wine.jsonl"
    path.write_text("".join(reversed(path.read_text().splitlines(True))))
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record(metrics={"error": 0.125}))
    (record,) = read_records(tmp_path).values()
    assert (record.sequence, record.metrics) == (3, {"error": 0.125})


def test_a_numbered_line_whose_checksum_was_taken_away_is_refused(tmp_path):
    with RecordWriter(tmp_path) as writer:
        writer.append("wine", a_record())
    path = tmp_path / "records" / "wine.jsonl"
    edited = json.loads(path.read_text()) | {"metrics": {"error": 0.0}, "checksum": ""}
    path.write_text(json.dumps(edited) + "\n")
    with pytest.raises(InputError, match="the line was changed after it was written"):
        read_records(tmp_path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mixsuite.results.record_files._LONGEST", 2**20)
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "t.jsonl.gz").write_bytes(gzip.compress(bytes(3 * 2**20)))
    with pytest.raises(InputError, match=r"t.jsonl.gz, line 1: longer than 1 MiB, which no record is"):
        read_records(tmp_path)
