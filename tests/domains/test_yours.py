"""Data sets that a user names: a CSV file, a folder of pictures, a table of OpenML, a file with a loader."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mixsuite.domains.build import make_data
from mixsuite.domains.base import shipped
from mixsuite.domains.images.domain import Images
from mixsuite.errors import InputError
from mixsuite.results.data_root import get, list_items, open_dataset, verify


@pytest.fixture
def loans(tmp_path):
    """A small real-looking table: numbers, a category with gaps, a name in each row, two targets."""
    draws = np.random.default_rng(0)
    age, job = draws.integers(20, 60, 120), draws.choice(["clerk", "nurse", None], 120)
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(120)], "age": age, "job": job})
    frame["bad"] = np.where(age + draws.normal(0, 5, 120) > 40, "yes", "no")
    frame["income"] = age * 100.5 + draws.normal(0, 50, 120)
    path = tmp_path / "loans.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_csv_file_is_read_as_pandas_reads_it(loans):
    raw = open_dataset(f"csv:{loans}:bad(drop=[name, income])").load(Path())
    frame = pd.read_csv(loans)
    pd.testing.assert_frame_equal(raw.x, frame[["age", "job"]])
    assert raw.y.tolist() == (frame["bad"] == "yes").astype(int).tolist()
    raw = open_dataset(f"csv:{loans}:income(kind=regression, drop=[name])").load(Path())
    assert raw.y.tolist() == frame["income"].tolist()


def test_a_csv_file_is_a_task_like_any_other(loans, mixsuite, tiny, tmp_path):
    out, entries = tmp_path / "out", ("bad(drop=[name, income])", "income(kind=regression, drop=[name, bad])")
    asked = ("run", tiny, "--datasets", ", ".join(f"csv:{loans}:{end}@tiny" for end in entries), "--out", out)
    found = mixsuite(*asked)
    assert found.status == 0, found.err
    runs = pd.read_csv(out / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert {"error", "rmse"} <= set(runs["metric"])
    assert "0 of 8 runs to train" in mixsuite(*asked, "--dry-run").out
    loans.write_text(loans.read_text().replace("clerk", "cook"))  # another table: its runs are to be made again
    assert "8 of 8 runs to train" in mixsuite(*asked, "--dry-run").out


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("csv", "write csv:PATH:TARGET"),
        ("csv:x.csv", "write csv:PATH:TARGET"),
        ("csv:nowhere.csv:y", "csv file 'nowhere.csv' does not exist"),
        ("csv:{}:bda(drop=[name])", "did you mean 'bad'"),
        ("csv:{}:bad", "column 'name' has 120 different texts in 120 rows; it is no category: leave it out"),
        ("csv:{}:bad(drop=[nam])", "did you mean 'name'"),
        ("csv:{}:job(drop=[name])", "the target 'job' is missing in"),
        ("csv:{}:income(drop=[name])", "add (kind=regression)"),
        ("csv:{}:bad(drop=[name], kind=regression)", "is no number"),
        ("csv:{}:bad(kind=other)", "'class' or 'regression'"),
        ("csv:{}:bad(drop=[name, age, job, income])", "no column is left"),
        ("csv:{}:bad(drop=name)", "drop='name': input should be a valid tuple"),
        ("csv:{}:bad(sep=';')", "unknown column of loans.csv 'bad'"),
        ("csv:twice.csv:y", "twice.csv: more than one column is called y"),
        ("csv:torn.csv:y", "torn.csv: cannot be read as a table"),
        ("csv:empty.csv:y", "empty.csv: cannot be read as a table"),
        ("csv:bytes.csv:y", "bytes.csv: cannot be read as a table"),
    ],
)
def test_what_is_wrong_with_a_csv_entry_is_said(loans, entry, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("torn.csv").write_text("a,y\n1,2\n1,2,3,4\n")
    Path("empty.csv").write_text("")
    Path("twice.csv").write_text("w,y,y\n1,2,2\n3,4,4\n")
    Path("bytes.csv").write_bytes(b"a,y\n\xff\xfe,1\n")

    def use():
        dataset = open_dataset(entry.format("loans.csv"))
        dataset.fingerprint(tmp_path)
        dataset.load(tmp_path)

    with pytest.raises(InputError) as error:
        use()
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def paint(folder, count, mode, shade, draws):
    folder.mkdir(parents=True)
    for i in range(count):
        side = (int(draws.integers(8, 20)), int(draws.integers(8, 20)))
        noise = draws.integers(0, 60, size=side if mode == "L" else (*side, 3)) + shade
        Image.fromarray(noise.astype(np.uint8), mode=None).save(folder / f"{i}.png")


def test_a_folder_of_pictures(tmp_path):
    draws = np.random.default_rng(0)
    paint(tmp_path / "leaves" / "oak", 30, "L", 150, draws)
    paint(tmp_path / "leaves" / "ash", 30, "L", 20, draws)
    raw = open_dataset(f"folder:{tmp_path / 'leaves'}(size=10)").load(Path())
    assert raw.x.shape == (60, 10, 10)  # all grey
    assert raw.y.tolist() == [0] * 30 + [1] * 30  # ash before oak
    assert raw.x[raw.y == 0].mean() < 80 < raw.x[raw.y == 1].mean()
    first = Image.open(tmp_path / "leaves" / "ash" / "0.png").resize((10, 10), Image.Resampling.BILINEAR)
    assert np.abs(raw.x[0].astype(int) - np.asarray(first)).max() <= 1  # by way of RGB
    data = make_data(Images(), open_dataset(f"folder:{tmp_path / 'leaves'}(size=8)"), raw, 0)
    assert (data.classes, data.train.x.shape[1:]) == (2, (1, 10, 10))


def test_a_folder_with_parts_of_its_own_keeps_them(tmp_path):
    draws = np.random.default_rng(0)
    for part, count in (("train", 4), ("val", 2), ("test", 3)):
        for shade, name in enumerate("ab"):
            paint(tmp_path / "set" / part / name, count, "RGB", 100 * shade, draws)
    raw = open_dataset(f"folder:{tmp_path / 'set'}(size=6)").load(Path())
    assert raw.x.shape == (18, 6, 6, 3)
    assert np.bincount(raw.split_id).tolist() == [8, 4, 6]
    shutil.rmtree(tmp_path / "set" / "test")
    with pytest.raises(InputError, match="parts are train, val; train and test are needed"):
        open_dataset(f"folder:{tmp_path / 'set'}").load(Path())


def test_a_folder_that_cannot_be_meant_is_refused(tmp_path):
    with pytest.raises(InputError, match="no pictures there"):
        open_dataset(f"folder:{tmp_path}").fingerprint(tmp_path)
    paint(tmp_path / "set" / "a", 2, "L", 0, np.random.default_rng(0))
    (tmp_path / "set" / "b.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"b.png: wanted is .*/set/CLASS/b.png"):
        open_dataset(f"folder:{tmp_path / 'set'}").load(Path())
    (tmp_path / "set" / "b.png").rename(tmp_path / "set" / "a" / "b.png")
    with pytest.raises(InputError, match=r"b.png: cannot be read as a picture"):
        open_dataset(f"folder:{tmp_path / 'set'}").load(Path())
    Image.fromarray(np.full((8, 8), 30000, dtype=np.uint16)).save(tmp_path / "set" / "a" / "b.png")
    with pytest.raises(InputError, match=r"b.png: its mode is I;16; convert it to 8 bits"):
        open_dataset(f"folder:{tmp_path / 'set'}").load(Path())


@pytest.fixture
def openml(tmp_path):
    """What scikit-learn keeps of OpenML 40945 (the Titanic), put where its own reader looks for it."""
    source = shipped("sklearn", "datasets", "tests", "data", "openml", "id_40945")
    kept = tmp_path / "openml" / "40945" / "openml" / "openml.org"
    pages = {
        "api/v1/json/data/40945.gz": "api-v1-jd-40945.json.gz",
        "api/v1/json/data/features/40945.gz": "api-v1-jdf-40945.json.gz",
        "api/v1/json/data/qualities/40945.gz": "api-v1-jdq-40945.json.gz",
        "data/v1/download/16826755/Titanic.arff.gz": "data-v1-dl-16826755.arff.gz",
    }
    for name, page in pages.items():
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / page, kept / name)
    return tmp_path


def test_a_table_of_openml_is_read_from_the_data_root(openml):
    raw = open_dataset('openml:40945(drop=[name, ticket, boat, body, cabin, "home.dest"])').load(openml)
    assert raw.x.shape == (1309, 7)
    assert raw.y.sum() == 500
    assert raw.x["age"].isna().sum() == 263
    item = verify('openml:40945(drop=[name, ticket, boat, body, cabin, "home.dest"])', openml)
    assert (item.state, item.files) == ("here", 4)


def test_openml_without_its_files_or_a_network_says_how_to_get_them(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"openml:31 is not in the data root .* mixsuite data get openml:31"):
        open_dataset("openml:31").fingerprint(tmp_path)
    with pytest.raises(InputError, match="allowed is OpenML's id"):
        open_dataset("openml:credit-g")

    def closed(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", closed)
    with pytest.raises(InputError, match="the download failed"):
        get("openml:31", tmp_path)
    assert list(tmp_path.rglob("*.gz")) == []


def test_data_sets_of_ones_own_are_listed_as_such(tmp_path):
    items = {item.name: item.state for item in list_items(tmp_path)}
    assert items["csv:PATH:TARGET"] == items["folder:PATH"] == "yours"
    assert items["openml:31"] == "missing"
