"""tuned.csv, tuned.toml and what is printed."""

import tomllib

import pandas as pd
import pytest

from mixsuite import api
from mixsuite.report.task import COLUMNS as TASK_COLUMNS
from mixsuite.tuning.report import COLUMNS, report_text


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from support.pools import patch_pool

    folder = tmp_path_factory.mktemp("tuned")
    (folder / "m.toml").write_text("""
seeds = "0-1"
datasets = ["iris(rows=40)@tiny", "wine(valid=0.9)@tiny"]
methods = ["erm", "mixup", "mixup(length=2)"]
[recipes.tiny]
model = "mlp(width=4, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 2
batch = 4
""")
    with pytest.MonkeyPatch.context() as patch:
        patch_pool(patch)
        patch.setattr("mixsuite.tuning.folds.FOLDS", 2)
        patch.setattr("mixsuite.tuning.folds.MOST_REPEATS", 1)
        return api.tune(str(folder / "m.toml"), trials=2, sampler="random", out=folder / "out")


def test_the_table_is_keyed_by_data_set_and_has_both_tunings(report):
    keys = report.table[["dataset", "recipe", "method", "tuning"]]
    assert not keys.duplicated().any()
    assert len(keys) == 2 * 3 * 2
    assert set(keys["dataset"]) == {"iris(rows=40)", "wine(valid=0.9)"}
    assert set(keys["tuning"]) == {"default", "tuned"}
    for _, part in report.table.groupby(["dataset", "tuning"]):
        assert (part["verdict"] == "reference").sum() == 1
        assert part["pairs"].dropna().tolist() == [2, 2]


def test_the_table_is_what_is_written(report):
    written = pd.read_csv(report.out / "tuned.csv")
    assert list(written.columns[: len(COLUMNS)]) == COLUMNS
    assert set(TASK_COLUMNS) - {"rank"} <= set(COLUMNS)
    pd.testing.assert_frame_equal(written[COLUMNS[:6]], report.table[COLUMNS[:6]], check_dtype=False, rtol=1e-5)


def test_a_costlier_method_says_so(report):
    rows = report.table[report.table["tuning"] == "tuned"].set_index(["dataset", "method"])
    for dataset in ("iris(rows=40)", "wine(valid=0.9)"):
        assert rows.loc[(dataset, "mixup"), "trials"] == 2
        assert rows.loc[(dataset, "mixup(length=2)"), "trials"] == 1
        assert rows.loc[(dataset, "mixup(length=2)"), "kept_default"] == 2
        spent = rows.loc[dataset, "rows_spent"]
        assert spent["mixup"] == spent["erm"] == spent["mixup(length=2)"]


def test_what_stays_paired_is_read_from_the_records(report):
    paired = report.table.set_index(["dataset", "method", "tuning"])["paired"]
    assert paired["iris(rows=40)", "mixup", "tuned"] == "split, order of batches, initial weights"
    assert paired["iris(rows=40)", "mixup(length=2)", "default"] == "split, initial weights"


def test_the_file_of_choices_has_every_search(report):
    found = tomllib.loads((report.out / "tuned.toml").read_text())
    assert (found["trials"], found["sampler"], len(found["searches"])) == (2, "random", 2 * 3 * 2)
    for search in found["searches"]:
        assert set(search["recipe"]) == {"lr", "weight_decay"}
        assert set(search["parameters"]) == ({"alpha"} if search["method"] != "erm" else set())
        assert search["score"] <= search["default_score"]
        assert (search["chosen"] == 0) == (search["recipe"]["lr"] == 0.1)


def test_what_is_printed_fits_a_hundred_columns(report):
    text = report_text(report)
    assert max(map(len, text.splitlines())) <= 100
    assert "iris(rows=40) (tiny): error, lower is better; candidates: by 1 x 2 folds" in text
    assert "2/2" in text
