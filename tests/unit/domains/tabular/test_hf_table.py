"""Tables in saved data sets: the rows that their own library gives, or refused in one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset, verify


@pytest.fixture
def loans(hf, tmp_path):
    """A saved dict of a training and a test split, with numbers, gaps, labels and tags."""

    def split(count, seed):
        draws = np.random.default_rng(seed)
        age = draws.integers(20, 60, count)
        job = [-1 if v == 2 else int(v) for v in draws.integers(0, 3, count)]
        values = {
            "age": age.tolist(),
            "job": job,
            "tags": [["x"]] * count,
            "town": [None if v == 3 else "abc"[v] for v in draws.integers(0, 4, count)],
        }
        values["bad"] = [int(v) for v in age + draws.normal(0, 5, count) > 40]
        values["income"] = (age * 100.5).tolist()
        kinds = {
            "age": hf.Value("int32"),
            "job": hf.ClassLabel(names=["clerk", "nurse"]),
            "tags": hf.List(hf.Value("string")),
        }
        kinds |= {"town": hf.Value("string"), "bad": hf.ClassLabel(names=["no", "yes"]), "income": hf.Value("float64")}
        return hf.Dataset.from_dict(values, features=hf.Features(kinds))

    hf.DatasetDict(test=split(30, 1), train=split(90, 0)).save_to_disk(tmp_path / "loans")
    return tmp_path / "loans"


def test_rows_are_those_that_the_library_gives(loans, hf):
    raw = open_dataset(f"hf_table:{loans}:bad(drop=[tags, income])").load(Path())
    both = hf.load_from_disk(str(loans))
    wanted = pd.concat([both["train"].to_pandas(), both["test"].to_pandas()], ignore_index=True)
    assert raw.split_id.tolist() == [0] * 90 + [2] * 30
    assert raw.x.columns.tolist() == ["age", "job", "town"]
    assert raw.x["age"].tolist() == wanted["age"].tolist()
    assert raw.y.tolist() == wanted["bad"].tolist()
    names = {-1: None, 0: "clerk", 1: "nurse"}
    assert [None if pd.isna(v) else v for v in raw.x["job"]] == [names[v] for v in wanted["job"]]
    assert [None if pd.isna(v) else v for v in raw.x["town"]] == [None if pd.isna(v) else v for v in wanted["town"]]
    raw = open_dataset(f"hf_table:{loans}:income(kind=regression, drop=[tags, bad], split=train)").load(Path())
    assert raw.split_id is None
    assert raw.y.tolist() == wanted["income"].tolist()[:90]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (":bad(drop=[income])", "loans/train: column 'tags' is list<"),
        (":bda(drop=[tags])", "did you mean 'bad'?"),
        (":job(drop=[tags])", "the target 'job' is missing in"),
        (":bad(drop=[tags], kind=regression)", "is no number"),
        (
            ":bad(drop=[tags], split=valid)",
            "splits are test, train; one of each name is wanted, with 'valid' among them",
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(loans, end, said):
    with pytest.raises(InputError) as error:
        open_dataset(f"hf_table:{loans}{end}").load(Path())
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_test_split_of_training_rows_is_refused(loans, hf, tmp_path):
    train = hf.load_from_disk(str(loans))["train"]
    hf.DatasetDict(train=train, test=train).save_to_disk(tmp_path / "same")
    with pytest.raises(InputError, match=r"test: has the rows of .*train; a test part needs rows of its own"):
        open_dataset(f"hf_table:{tmp_path / 'same'}:bad(drop=[tags])").load(Path())


def test_a_folder_that_was_not_saved_so_is_named(tmp_path):
    with pytest.raises(InputError, match="is no data set that save_to_disk has written whole"):
        open_dataset(f"hf_table:{tmp_path}:y").fingerprint(tmp_path)


def test_verify_says_how_each_column_is_read(loans, tmp_path):
    item = verify(f"hf_table:{loans}:bad(drop=[tags, income])", tmp_path / "root")
    assert "1 numbers: age; 2 categories: job (2 values, " in item.note


@pytest.mark.slow
def test_a_saved_table_trains_for_two_seeds(loans, mixsuite, tiny, tmp_path):
    found = mixsuite(
        "run", tiny, "--datasets", f"hf_table:{loans}:bad(drop=[tags, income])@tiny", "--out", tmp_path / "out"
    )
    assert found.status == 0, found.err
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert set(runs["seed"]) == {0, 1}
