"""Parquet, Feather and IPC streams: read as their own libraries read them, or refused in one line."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from mixsuite.domains import arrow_files
from mixsuite.domains.arrow_files import read_columns, read_stream
from mixsuite.errors import InputError


@pytest.fixture
def frame():
    draws = np.random.default_rng(0)
    return pd.DataFrame(
        {"a": draws.normal(size=50), "b": draws.integers(0, 9, 50), "c": draws.choice(["x", "y", None], 50)}
    )


@pytest.mark.parametrize("kind", ["parquet", "parts", "feather", "plain feather"])
def test_a_file_is_read_as_pandas_reads_it(tmp_path, frame, kind):
    path = tmp_path / "t.any"  # the name does not matter
    if "feather" in kind:
        pyarrow.feather.write_feather(frame, path, compression="uncompressed" if "plain" in kind else "zstd")
        wanted = pd.read_feather(path)
    else:
        frame.to_parquet(path, row_group_size=7 if kind == "parts" else None)
        wanted = pd.read_parquet(path)
    found = read_columns(path)
    assert found.schema.names == ["a", "b", "c"]
    assert found.column(0).to_pylist() == wanted["a"].tolist()
    assert found.column(1).to_pylist() == wanted["b"].tolist()
    assert found.column(2).to_pylist() == [None if pd.isna(v) else v for v in wanted["c"]]


def test_a_folder_whose_name_says_something_adds_no_column(tmp_path, frame):
    """Parquet's reader of data sets would take year=3 for a column."""
    (tmp_path / "year=3").mkdir()
    frame.to_parquet(tmp_path / "year=3" / "t.parquet")
    assert read_columns(tmp_path / "year=3" / "t.parquet").schema.names == ["a", "b", "c"]


def test_a_stream_is_read_and_a_cut_one_refused(tmp_path, frame):
    table = pa.Table.from_pandas(frame)
    with pa.OSFile(str(tmp_path / "s.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=10):
            writer.write_batch(batch)
    assert read_stream(tmp_path / "s.arrow").equals(table)
    whole = (tmp_path / "s.arrow").read_bytes()
    (tmp_path / "s.arrow").write_bytes(whole[:-8])  # which Arrow reads, as a stream without its last marker
    with pytest.raises(InputError, match="it has no end, so it is cut off or another file"):
        read_stream(tmp_path / "s.arrow")
    (tmp_path / "s.arrow").write_bytes(b"hello" + whole[-8:])
    with pytest.raises(InputError, match=r"s\.arrow: cannot be read as a stream file"):
        read_stream(tmp_path / "s.arrow")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.parquet", b"", "does not begin as a Parquet or Feather file does (PAR1 or ARROW1)"),
        ("t.csv", b"a,b\n1,2\n", "(PAR1 or ARROW1); for a text file write csv:PATH:TARGET"),
        ("t.feather", b"FEA1" + bytes(50), "it is of Feather's version 1: write it anew with version 2"),
        ("t.parquet", b"PAR1" + bytes(50), "t.parquet: cannot be read as a Parquet file: "),
        ("t.feather", b"ARROW1" + bytes(50), "t.feather: cannot be read as a Feather file: "),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        read_columns(tmp_path / name)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_cut_file_is_refused(tmp_path, frame, kind):
    path = tmp_path / "t"
    (frame.to_parquet if kind == "parquet" else frame.to_feather)(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be read as a"):
        read_columns(path)


def test_texts_that_are_none_are_refused(tmp_path):
    """Arrow trusts a file that its texts are UTF-8."""
    texts = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"\xff\xfe"))
    pyarrow.feather.write_feather(pa.table({"a": texts}), tmp_path / "t", compression="uncompressed")
    with pytest.raises(InputError, match="UTF8"):
        read_columns(tmp_path / "t")


def test_a_file_of_many_rows_in_few_bytes_is_refused(tmp_path, monkeypatch):
    pq.write_table(pa.table({"a": np.zeros(10**6)}), tmp_path / "t")
    assert len(read_columns(tmp_path / "t")) == 10**6
    monkeypatch.setattr(arrow_files, "_SMALL", 0)
    with pytest.raises(InputError, match=r"1000000 rows of 1 columns in .* bytes; refused"):
        read_columns(tmp_path / "t")


def test_a_folder_in_a_files_place_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_columns(tmp_path)
