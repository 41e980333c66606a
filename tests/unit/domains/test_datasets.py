"""Every data set: metadata, checksums, classes, and the real files."""

import os
from pathlib import Path

import numpy as np
import pytest

from mixsuite.plugins import load as plugins
from mixsuite.domains.base import Dataset
from mixsuite.data.rows import Raw
from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.training.recipe import shipped_recipes
from mixsuite.experiment.build import make_dataset
from mixsuite.experiment.resolve import resolve_task

NAMES = plugins.names(plugins.DATASETS)
ROOT = Path(os.environ.get("MIXSUITE_DATA") or Path.home() / ".cache" / "mixsuite" / "data")
SIZES = {  # rows, classes or None
    "digits": (1797, 10), "wine": (178, 3), "breast_cancer": (569, 2), "iris": (150, 3), "diabetes": (442, None),
    "titanic": (1309, 2), "fashion_mnist": (70000, 10), "cifar10_part": (9085, 10), "adult": (48842, 2),
    "letter": (20000, 26), "japanese_vowels": (640, 9), "fsdd": (3000, 10), "speech_commands": (2000, 10),
    "mutag": (188, 2), "tu": (1113, 2), "abalone": (4177, 28), "arcene": (200, 2), "arrhythmia": (452, 13),
    "htru2": (17898, 2), "phishing": (11055, 2), "feature_noise": (3000, 2), "gaussians": (12000, None),
}  # fmt: skip


def class_of(name) -> type[Dataset]:
    return plugins.load_class(plugins.DATASETS, plugins.folder(plugins.DATASETS) / f"{name}.py", Dataset)


YOURS = ["csv", "folder", "openml"]  # any file, folder or table: tests of their own


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


@pytest.mark.parametrize("name", [name for name in NAMES if name not in YOURS])
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
    from mixsuite.domains.split import draw_split

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
