"""baseline accept, regress, track."""

import json

import pandas as pd

from mixsuite import api
from mixsuite.regression.history import ADDED, COLUMNS
from mixsuite.regression.regress import compare_with_baseline


def test_the_exit_status_is_the_comparisons(mixsuite, accepted, tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(accepted[1])
    call = ("regress", "--out", accepted[0], "--baseline", path)
    same = mixsuite(*call)
    assert same.status == 0
    assert "no regression: 2 same" in same.out
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame[frame["seed"].astype(int) < 7].to_csv(path, index=False)
    assert mixsuite(*call).status == 2
    frame.assign(method=frame["method"].str.replace("mixup", "cutmix"), run_id="").to_csv(path, index=False)
    assert mixsuite(*call).status == 1


def test_it_is_printed_as_asked(mixsuite, accepted, tmp_path):
    path = tmp_path / "b.csv"
    path.write_text(accepted[1])
    call = ("regress", "--out", accepted[0], "--baseline", path, "--format")
    assert json.loads(mixsuite(*call, "json").out)["status"] == 0
    assert mixsuite(*call, "md").out.startswith("### no regression: 2 same")


def test_what_is_to_be_trained_anew_goes_to_the_api(mixsuite, accepted, monkeypatch, tmp_path):
    path, got = tmp_path / "b.csv", {}
    path.write_text(accepted[1])

    def regress(out, baseline, **asked):
        got.update(asked)
        return compare_with_baseline(accepted[0], path)

    monkeypatch.setattr(api, "regress", regress)
    assert mixsuite("regress", "--run", "some", "--workers", 2, "--executor", "loop").status == 0
    assert (got["matrix"], got["workers"], got["executor"], got["device"]) == ("some", 2, "loop", "auto")


def test_cells_are_tracked(mixsuite, accepted, tmp_path):
    path = tmp_path / "history.csv"
    said = mixsuite("track", "--out", accepted[0], "--history", path)
    assert (said.status, said.out) == (0, f"{path}: 2 cells tracked\n")
    assert list(pd.read_csv(path).columns) == [*COLUMNS, *ADDED]


def test_a_baseline_is_accepted(mixsuite, accepted, tmp_path):
    said = mixsuite("baseline", "accept", "--out", accepted[0], "--baseline", tmp_path / "new.csv")
    assert said.out == f"{tmp_path / 'new.csv'}: 2 cells, 24 runs; there was none before\n"
