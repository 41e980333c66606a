"""Saved data sets: splits, columns and labels are those of the library that wrote them, or refused in one line."""

import json

import pyarrow as pa
import pytest

from mixsuite.domains.saved_splits import class_codes, read_saved, saved_files
from mixsuite.errors import InputError


@pytest.fixture
def rows(hf, tmp_path):
    """A saved dict of three splits with a number and a label."""
    features = hf.Features({"a": hf.Value("int64"), "y": hf.ClassLabel(names=["no", "yes"])})

    def split(count):
        return hf.Dataset.from_dict({"a": list(range(count)), "y": [i % 2 for i in range(count)]}, features=features)

    hf.DatasetDict(test=split(3), train=split(8), validation=split(2)).save_to_disk(
        tmp_path / "rows", num_shards={"test": 1, "train": 3, "validation": 1}
    )
    return tmp_path / "rows"


def test_splits_are_those_that_the_library_loads(rows, hf):
    wanted = hf.load_from_disk(str(rows))
    splits = read_saved(rows)
    assert [split.part for split in splits] == [0, 1, 2]
    for split, name in zip(splits, ("train", "validation", "test"), strict=True):
        assert split.table.to_pydict() == wanted[name].to_dict()
        codes, names = class_codes(split, "y")
        assert codes.tolist() == wanted[name]["y"][:]
        assert names == wanted[name].features["y"].names
    assert len(saved_files(rows)) == 1 + (2 + 3) + (2 + 1) + (2 + 1)  # JSON and streams
    assert all(path.is_file() for path in saved_files(rows))


def test_one_split_is_read_alone(rows, hf):
    (split,) = read_saved(rows, "validation")
    assert (split.part, len(split.table)) == (0, 2)
    (same,) = read_saved(rows / "validation")
    assert same.table.equals(split.table)
    with pytest.raises(InputError, match="splits are test, train, validation; one of each name is wanted, with 'tset'"):
        read_saved(rows, "tset")
    with pytest.raises(InputError, match="has no splits, so no 'train'; leave split out"):
        read_saved(rows / "train", "train")


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("dataset_dict.json", {"splits": ["train", "../x"]}, "its splits are not names of folders beside it"),
        ("dataset_dict.json", {"splits": ["train", "t" * 500]}, "its splits are not names of folders beside it"),
        ("dataset_dict.json", {"splits": [["train"]]}, "its splits are not names of folders beside it"),
        ("dataset_dict.json", {"splits": ["train", "train"]}, "splits are train, train; one of each name is wanted"),
        ("dataset_dict.json", {"splits": ["train", "validation"]}, "train and test are needed, validation is allowed; or name one, as in (split=train)"),
        ("train/state.json", {"_data_files": [{"filename": "../test/data-00000-of-00001.arrow"}]}, "not names of files beside it"),
        ("train/state.json", {"_data_files": [{"filename": "/etc/passwd"}]}, "not names of files beside it"),
        ("train/state.json", {"_data_files": "x"}, "not names of files beside it"),
        ("train/state.json", {"_data_files": []}, "not names of files beside it"),
        ("train/state.json", {"_indices_data_files": [{"filename": "i.arrow"}]}, "its rows are a choice of others"),
        ("train/dataset_info.json", {"features": None}, "has no features"),
        ("train/dataset_info.json", {"features": {"a": {}}}, "has columns a, y, and features a"),
        ("train/dataset_info.json", {"features": {"a": {}, "y": {"names": "ab"}}}, "have no names, or one twice"),
        ("train/dataset_info.json", {"features": {"a": {}, "y": {"names": ["n", "n"]}}}, "have no names, or one twice"),
        ("train/dataset_info.json", {"features": {"a": {}, "y": {"names": ["n"]}}}, "row 1 of column 'y' is 1, but 1 labels have names"),
    ],
)  # fmt: skip
def test_what_a_stranger_might_write_is_refused(rows, file, changes, said):
    edit(rows / file, **changes)

    def use():
        saved_files(rows)
        for split in read_saved(rows):
            class_codes(split, "y")

    with pytest.raises(InputError) as error:
        use()
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("content", ["", "[1]", "{" * 100_000, '{"splits": '])
def test_json_that_is_none_is_refused(rows, content):
    (rows / "dataset_dict.json").write_text(content)
    with pytest.raises(InputError, match=r"dataset_dict\.json: (cannot be read|is no JSON object)"):
        saved_files(rows)


def test_links_and_lost_files_are_refused(rows, tmp_path):
    (rows / "train" / "state.json").rename(tmp_path / "state.json")
    assert not all(path.is_file() for path in saved_files(rows))
    (rows / "train" / "state.json").symlink_to(tmp_path / "state.json")
    with pytest.raises(InputError, match=r"state\.json: is a link"):
        saved_files(rows)
    (rows / "train").rename(tmp_path / "train")
    (rows / "train").symlink_to(tmp_path / "train")
    with pytest.raises(InputError, match="train: is a link"):
        read_saved(rows)
    (rows / "dataset_dict.json").rename(tmp_path / "dict.json")
    (rows / "dataset_dict.json").symlink_to(tmp_path / "dict.json")
    with pytest.raises(InputError, match=r"dataset_dict\.json: is a link"):
        saved_files(rows)


def test_files_of_other_columns_are_refused(rows):
    table = pa.table({"b": [1]})
    with (
        pa.OSFile(str(rows / "train" / "data-00001-of-00003.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    with pytest.raises(InputError, match=r"its columns are not those of data-00000-of-00003\.arrow"):
        read_saved(rows)
