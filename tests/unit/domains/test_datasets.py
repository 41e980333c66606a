"""Every data set: metadata, checksums, classes, the real files, and those that a user names."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset, shipped
from mixsuite.domains.build import make_data
from mixsuite.domains.graphs.datasets.tu import Tu
from mixsuite.domains.images.domain import Images
from mixsuite.domains.split import draw_split
from mixsuite.errors import InputError
from mixsuite.experiment.build import make_dataset
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_task
from mixsuite.plugins.kinds import DATASET, builtin_files
from mixsuite.plugins.load import Source, load_class
from mixsuite.results.store import get, list_items, open_dataset, verify
from mixsuite.training.recipe import shipped_recipes

NAMES = list(builtin_files(DATASET))
ROOT = Path(os.environ.get("MIXSUITE_DATA") or Path.home() / ".cache" / "mixsuite" / "data")
SIZES = {  # rows, classes or None
    "digits": (1797, 10), "wine": (178, 3), "breast_cancer": (569, 2), "iris": (150, 3), "diabetes": (442, None),
    "titanic": (1309, 2), "fashion_mnist": (70000, 10), "cifar10_part": (9085, 10), "adult": (48842, 2),
    "letter": (20000, 26), "japanese_vowels": (640, 9), "fsdd": (3000, 10), "speech_commands": (2000, 10),
    "b3db": (680, 2), "tu": (1113, 2), "abalone": (4177, 28), "arcene": (200, 2), "arrhythmia": (452, 13),
    "htru2": (17898, 2), "phishing": (11055, 2), "shuttle": (58000, 7),
}  # fmt: skip
YOURS = [
    "csv",
    "edges",
    "folder",
    "hf_images",
    "hf_table",
    "imagenet",
    "openml",
    "sounds",
    "speech_commands_full",
    "table",
]  # any file, folder or table, or not to be had here: tests of their own


def class_of(name) -> type[Dataset]:
    return load_class(DATASET, Source(name, builtin_files(DATASET)[name]), Dataset)


def load(name) -> tuple[Dataset, Raw]:
    dataset = class_of(name)()
    missing = [p for p in dataset.files(ROOT) if not p.is_file()]
    if missing:
        pytest.skip(f"not in the data root: {missing[0].relative_to(ROOT)}")
    dataset.fingerprint(ROOT)
    return dataset, dataset.load(ROOT)


@pytest.mark.parametrize("name", NAMES)
def test_metadata_is_complete(name):
    cls = class_of(name)
    assert cls.source
    assert cls.licence
    assert cls.reference or name in YOURS
    assert cls.recipe in shipped_recipes()
    assert cls.__doc__
    assert not cls.sha256 or set(cls.sha256) in ({"*"}, {p.name for p in cls().files(ROOT)})
    assert name in SIZES or name in YOURS


LARGE = [
    "adult",
    "arcene",
    "cifar10_part",
    "fashion_mnist",
    "fsdd",
    "letter",
    "phishing",
    "shuttle",
    "speech_commands",
    "tu",
]


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in NAMES if n not in YOURS],
)
def test_rows_and_classes_are_as_published(name):
    dataset, raw = load(name)
    rows, classes = SIZES[name]
    assert len(raw.y) == len(raw.x) == rows
    if classes is not None:
        assert dataset.classes in (0, classes)
        assert np.unique(raw.y).tolist() == list(range(classes))


def test_titanic_has_numbers_categories_and_missing_values():
    _, raw = load("titanic")
    assert list(raw.x.columns) == ["age", "sibsp", "parch", "fare", "pclass", "sex", "embarked"]
    assert raw.x["age"].isna().sum() == 263
    assert raw.x["embarked"].isna().sum() == 2
    assert raw.y.sum() == 500


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    digits = class_of("digits")
    copy = tmp_path / "digits.csv.gz"
    copy.write_bytes(digits().files(ROOT)[0].read_bytes()[:-1])
    monkeypatch.setattr(digits, "files", lambda self, root: [copy])
    with pytest.raises(InputError, match="damaged"):
        digits().fingerprint(tmp_path)


def test_a_missing_file_says_where_to_get_it_and_where_to_put_it(tmp_path):
    with pytest.raises(InputError, match=r"FashionMNIST/raw/train-images-idx3-ubyte is missing; get it from .* --data"):
        class_of("fashion_mnist")().fingerprint(tmp_path)


@pytest.mark.parametrize("text", load_matrix("quick").datasets)
def test_every_task_of_the_quick_matrix_can_be_split_for_every_seed(text):
    matrix = load_matrix("quick")
    dataset = make_dataset(resolve_task(text, matrix))
    raw = dataset.load(ROOT)
    for seed in matrix.seeds:
        split = draw_split(dataset, raw, seed)
        assert len(split.train) == dataset.rows
        assert len(split.test) >= 50
        if dataset.kind == "class":
            assert len(np.unique(raw.y[split.train])) == dataset.classes
            assert len(np.unique(raw.y[split.test])) == dataset.classes


def test_tu_text_files_are_read_with_degrees_where_there_are_no_features(tmp_path):
    folder = tmp_path / "TUDataset" / "TINY" / "raw"
    folder.mkdir(parents=True)
    # A triangle, and a path of two with a lone third node.
    ties = [(1, 2), (2, 1), (2, 3), (3, 2), (1, 3), (3, 1), (4, 5), (5, 4)]
    (folder / "TINY_A.txt").write_text("".join(f"{a}, {b}\n" for a, b in ties))
    (folder / "TINY_graph_indicator.txt").write_text("1\n1\n1\n2\n2\n2\n")
    (folder / "TINY_graph_labels.txt").write_text("1\n-1\n")
    raw = Tu(name="TINY").load(tmp_path)
    assert raw.y.tolist() == [1, 0]
    assert [len(features) for features, _ in raw.x] == [3, 3]
    assert raw.x[0][0].argmax(1).tolist() == [2, 2, 2]
    assert raw.x[1][0].argmax(1).tolist() == [1, 1, 0]
    assert raw.x[1][1].T.tolist() == [[0, 1], [1, 0]]


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
    assert raw.y.tolist() == pd.read_csv(loans, float_precision="round_trip")["income"].tolist()


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
        ("csv:torn.csv:y", "torn.csv, line 3: 4 cells, but the first line has 2"),
        ("csv:empty.csv:y", "empty.csv: cannot be read as a table"),
        ("csv:rowless.csv:y(kind=regression)", "rowless.csv: has no rows"),
        ("csv:bytes.csv:y", "bytes.csv: cannot be read as a table"),
    ],
)
def test_what_is_wrong_with_a_csv_entry_is_said(loans, entry, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("torn.csv").write_text("a,y\n1,2\n1,2,3,4\n")
    Path("empty.csv").write_text("")
    Path("rowless.csv").write_text("a,y\n")
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


def test_molecules_are_those_of_the_file_beside_the_loader():
    _, raw = load("b3db")
    table = pd.read_csv(class_of("b3db")().files(ROOT)[0])
    sizes = [len(features) for features, _ in raw.x]
    assert (max(sizes), round(float(np.mean(sizes)), 1), np.bincount(raw.y).tolist()) == (30, 22.2, [340, 340])
    for (features, edges), atoms, bonds in zip(raw.x, table["atoms"], table["bonds"], strict=True):
        assert features.sum(1).tolist() == [1] * len(atoms.split())
        pairs = {tuple(sorted(map(int, bond.split("-")))) for bond in bonds.split()}
        found = {tuple(pair) for pair in edges.T.tolist()}
        assert found == pairs | {(b, a) for a, b in pairs}
        assert edges.shape[1] == len(found)


def test_vowels_are_those_of_the_files_beside_the_loader():
    _, raw = load("japanese_vowels")
    assert np.bincount(raw.split_id).tolist() == [270, 0, 370]
    lengths = [clip.shape[1] for clip in raw.x]
    assert {clip.shape[0] for clip in raw.x} == {12}
    assert (min(lengths), max(lengths)) == (7, 29)


def test_rings_of_abalone_are_classes_or_a_number():
    dataset, raw = load("abalone")
    number = class_of("abalone")(kind="regression").load(ROOT)
    assert number.x.equals(raw.x)
    assert (number.y.min(), number.y.max()) == (1.0, 29.0)
    assert np.unique(number.y)[raw.y].tolist() == number.y.tolist()
    assert dataset.kind == "class"
