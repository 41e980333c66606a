"""Tables of Parquet and Feather files: typed columns are read as pandas reads them, or refused in one line."""

import datetime
import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset, verify


def people():
    draws = np.random.default_rng(0)
    age, job = draws.integers(20, 60, 120), draws.choice(["clerk", "nurse", None], 120)
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(120)], "age": age, "job": job})
    frame["town"] = pd.Categorical.from_codes(draws.integers(-1, 3, 120), ["b", "a", "c"])
    frame["owner"] = draws.random(120) < 0.5
    frame["size"] = draws.normal(size=120).astype(np.float32)
    frame["born"] = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(120), "D")
    frame["bad"] = np.where(age + draws.normal(0, 5, 120) > 40, "yes", "no")
    frame["income"] = age * 100.5 + draws.normal(0, 50, 120)
    return frame


@pytest.fixture(params=["parquet", "feather"])
def loans(request, tmp_path):
    path = tmp_path / f"loans.{request.param}"
    (people().to_parquet if request.param == "parquet" else people().to_feather)(path)
    return path


def test_a_typed_table_is_read_as_pandas_reads_it(loans):
    raw = open_dataset(f"table:{loans}:bad(drop=[name, income, born])").load(Path())
    wanted = (pd.read_parquet if loans.suffix == ".parquet" else pd.read_feather)(loans)
    assert raw.x.columns.tolist() == ["age", "job", "town", "owner", "size"]
    assert raw.x["age"].tolist() == wanted["age"].tolist()
    assert raw.x["size"].tolist() == wanted["size"].tolist()
    assert raw.x["owner"].tolist() == wanted["owner"].astype(str).tolist()
    for name in ("job", "town"):
        assert [None if pd.isna(v) else v for v in raw.x[name]] == [None if pd.isna(v) else v for v in wanted[name]]
    assert raw.y.tolist() == (wanted["bad"] == "yes").astype(int).tolist()
    raw = open_dataset(f"table:{loans}:income(kind=regression, drop=[name, born])").load(Path())
    assert raw.y.tolist() == wanted["income"].tolist()


def test_a_table_is_what_it_is_as_text(loans):
    """csv: reads the same rows from a text file."""
    people().to_csv(loans.with_suffix(".csv"), index=False)
    ends = ":bad(drop=[name, income, born, size])"  # a float32 has fewer digits as a text
    typed, text = (
        open_dataset(f"{kind}{ends}").load(Path()) for kind in (f"table:{loans}", f"csv:{loans.with_suffix('.csv')}")
    )
    pd.testing.assert_frame_equal(typed.x, text.x)
    assert typed.y.tolist() == text.y.tolist()
    assert typed.digest == text.digest


def read(tmp_path, column, **more):
    """The frame's column a of a Parquet file with it and a class."""
    pq.write_table(pa.table({"a": column, **more, "y": ["u", "v"] * (len(column) // 2)}), tmp_path / "t.parquet")
    return open_dataset(f"table:{tmp_path / 't.parquet'}:y").load(Path()).x["a"]


@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float", "double", "halffloat"]
)
def test_numbers_of_each_type_are_numbers(tmp_path, kind):
    values = [1, 2, 3, 100]
    assert read(tmp_path, pa.array(values).cast(kind)).tolist() == values
    gap = read(tmp_path, pa.array([1, None, 3, 100]).cast(kind))
    assert gap.dtype == np.float64
    assert gap.isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array(["a", "", "NA", None], pa.large_string()), ["a", "", "NA", None]),
        (pa.array([True, None, False, True]), ["True", None, "False", "True"]),
        (pa.array(["a", "b", None, "a"]).dictionary_encode(), ["a", "b", None, "a"]),
        (pa.array([5, 7, None, 5]).dictionary_encode(), ["5", "7", None, "5"]),
        (pa.nulls(4), [None] * 4),
    ],
)
def test_texts_truths_and_categories_are_categories(tmp_path, column, wanted):
    assert [None if pd.isna(v) else v for v in read(tmp_path, column)] == wanted


MOMENT = datetime.datetime(2020, 1, 1)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([MOMENT.date()] * 4), "date32[day]"),
        (pa.array([MOMENT] * 4), "timestamp[us]"),
        (pa.array([datetime.time(1)] * 4), "time64[us]"),
        (pa.array([[1], [2]] * 2), "list<element: int64>"),
        (pa.array([{"b": 1}] * 4), "struct<b: int64>"),
        (pa.array([b"x"] * 4), "binary"),
        (pa.array([decimal.Decimal("1.5")] * 4), "decimal128(2, 1)"),
        (pa.array([1.5, 2.5] * 2).dictionary_encode(), "dictionary<values=double, indices=int32, ordered=0>"),
    ],
)
def test_types_without_one_meaning_are_refused_by_name(tmp_path, column, kind):
    with pytest.raises(InputError) as error:
        read(tmp_path, column)
    said = "allowed are numbers, truths, texts and categories of texts or whole numbers: write it as one, or (drop=[a])"
    assert str(error.value) == f"{tmp_path / 't.parquet'}: column 'a' is {kind}; {said}"
    assert open_dataset(f"table:{tmp_path / 't.parquet'}:y(drop=[a])")
    pq.write_table(pa.table({"a": column, "b": [1.0, 2, 3, 4], "y": ["u", "v"] * 2}), tmp_path / "t.parquet")
    assert open_dataset(f"table:{tmp_path / 't.parquet'}:y(drop=[a])").load(Path()).x["b"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("table", "write table:PATH:TARGET"),
        ("table:nowhere.parquet:y", "table file 'nowhere.parquet' does not exist"),
        ("table:.:y", "table file '.' does not exist, but a folder: name one file in it"),
        ("table:{}:bda(drop=[name])", "did you mean 'bad'"),
        ("table:{}:bad(drop=[nam])", "did you mean 'name'"),
        ("table:{}:bad(drop=[born])", "column 'name' has 120 different texts in 120 rows; it is no category"),
        ("table:{}:job(drop=[name, born])", "the target 'job' is missing in"),
        ("table:{}:income(drop=[name, born])", "add (kind=regression)"),
        ("table:{}:bad(drop=[name, born], kind=regression)", "is no number"),
        ("table:{}:owner(drop=[name, born], kind=regression)", "is no number"),
        ("table:{}:bad(drop=[name, age, job, town, owner, size, born, income])", "no column is left"),
        ("table:text.csv:y", "text.csv: does not begin as a Parquet or Feather file does"),
        ("table:rowless.parquet:y", "rowless.parquet: has no rows"),
        ("table:rowless.parquet:y(kind=regression)", "rowless.parquet: has no rows"),
        ("table:twice.parquet:y", "twice.parquet: more than one column is called y"),
        ("table:index.parquet:y", "column '__index_level_0__' is an index that pandas has written: leave it out"),
        ("table:nameless.parquet:y", "nameless.parquet: column 1 has no name: name it"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(loans, entry, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.csv").write_text("a,y\n1,2\n")
    pq.write_table(pa.table({"a": pa.array([], pa.int64()), "y": pa.array([], pa.string())}), "rowless.parquet")
    pq.write_table(pa.Table.from_arrays([pa.array([1, 2])] * 3, ["a", "y", "y"]), "twice.parquet")
    pq.write_table(pa.Table.from_arrays([pa.array([1, 2])] * 2, ["", "y"]), "nameless.parquet")
    pd.DataFrame({"a": [1, 2], "y": ["u", "v"]}, index=["k", "l"]).to_parquet("index.parquet")

    def use():
        dataset = open_dataset(entry.format(loans.name))
        dataset.fingerprint(tmp_path)
        dataset.load(tmp_path)

    with pytest.raises(InputError) as error:
        use()
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_test_file_is_the_official_test_part(tmp_path):
    one, other = people()[["age", "job", "bad"]], people()[["age", "job", "bad"]].iloc[::-3]
    one.to_parquet(tmp_path / "train.parquet", index=False)
    other.to_feather(tmp_path / "test.feather")
    entry = f'table:{tmp_path}/train.parquet:bad(test_file="{tmp_path}/test.feather")'
    raw = open_dataset(entry).load(Path())
    assert np.bincount(raw.split_id).tolist() == [120, 0, 40]
    assert raw.x["age"].tolist() == [*one["age"], *other["age"]]
    one.to_feather(tmp_path / "test.feather")
    with pytest.raises(InputError, match="has the rows of"):
        open_dataset(entry).load(Path())
    other.assign(age="old").to_feather(tmp_path / "test.feather")
    with pytest.raises(InputError, match="column 'age' has numbers in one file and texts in the other"):
        open_dataset(entry).load(Path())
    other[["job", "age", "bad"]].to_feather(tmp_path / "test.feather")
    with pytest.raises(InputError, match="its columns are not those of"):
        open_dataset(entry).load(Path())


def test_what_pandas_has_put_beside_the_columns_is_not_looked_at(tmp_path):
    table = pa.table({"a": [1.0, 2, 3, 4], "y": ["u", "v"] * 2})
    pq.write_table(table.replace_schema_metadata({"pandas": "no JSON", "huggingface": "{"}), tmp_path / "t.parquet")
    assert open_dataset(f"table:{tmp_path / 't.parquet'}:y").load(Path()).x["a"].tolist() == [1, 2, 3, 4]


def test_verify_says_how_each_column_is_read(loans, tmp_path):
    item = verify(f"table:{loans}:bad(drop=[name, income, born])", tmp_path / "root")
    assert item.files == 1
    assert "2 classes, recipe tabular_mlp; 2 numbers: age, size; 3 categories: job (2 values, " in item.note


@pytest.mark.slow
def test_a_typed_table_trains_for_two_seeds(loans, mixsuite, tiny, tmp_path):
    entries = ("bad(drop=[name, income, born])", "income(kind=regression, drop=[name, bad, born])")
    asked = ", ".join(f"table:{loans}:{end}@tiny" for end in entries)
    found = mixsuite("run", tiny, "--datasets", asked, "--out", tmp_path / "out")
    assert found.status == 0, found.err
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert set(runs["seed"]) == {0, 1}
    assert {"error", "rmse"} <= set(runs["metric"])
