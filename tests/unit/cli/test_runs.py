"""run, leaderboard, power: what is asked goes to the api, and its report is printed."""

import pytest
from support.folders import BASE, write_folder

from mixsuite import api

pytestmark = pytest.mark.usefixtures("in_process")


def test_leaderboard_without_results_says_how_to_make_them(mixsuite, tmp_path):
    found = mixsuite("leaderboard", "--out", tmp_path)
    assert found.status == 2
    assert "mixsuite run MATRIX" in found.err


def test_help_names_the_exit_statuses(mixsuite):
    found = mixsuite("run", "--help")
    assert found.status == 0
    assert "130 interrupted" in found.out


def test_a_dry_run_counts_and_writes_nothing(mixsuite, tmp_path, tiny):
    found = mixsuite("run", tiny, "--dry-run", "--out", tmp_path / "out")
    assert found.status == 0
    assert found.out.splitlines()[-1].startswith("4 of 4 runs to train, about ")
    assert "   2  iris(rows=20)@tiny  mixup" in found.out
    assert not (tmp_path / "out").exists()


def test_a_dry_run_cannot_foresee_when_all_is_decided(mixsuite):
    found = mixsuite("run", "quick", "--dry-run", "--until", "decided")
    assert (found.status, found.out) == (2, "")
    assert "how many runs --until decided takes shows as it goes" in found.err


def test_a_dry_run_of_what_is_done_says_no_time(mixsuite, tmp_path, monkeypatch):
    monkeypatch.setattr(api, "dry_run", lambda matrix, **asked: api.DryRun({}, 4, 0.0))
    assert mixsuite("run", "quick", "--dry-run").out == "0 of 4 runs to train\n"


def test_every_option_reaches_the_api(mixsuite, monkeypatch, tmp_path):
    got = {}

    def run(matrix, **asked):
        got.update(asked, matrix=matrix)
        return api.leaderboard(write_folder(tmp_path / "out", {"t": {"erm": BASE, "m": BASE}}))

    monkeypatch.setattr(api, "run", run)
    found = mixsuite(
        "run", "some", "--methods", "erm", "--datasets", "wine", "--seeds", "0-1", "--out", tmp_path / "out",
        "--data", tmp_path, "--device", "cpu", "--workers", 2, "--executor", "loop", "--rerun", "failed",
        "--accept-old", "--timeout", 5, "--save-predictions", "--save-weights", "--until", "decided",
        "--max-seeds", 12, "--stop-after", 60,
    )  # fmt: skip
    assert found.status == 0
    assert callable(got.pop("watch"))
    assert got == {
        "matrix": "some", "methods": "erm", "datasets": "wine", "seeds": "0-1", "out": tmp_path / "out",
        "data": tmp_path, "device": "cpu", "workers": 2, "executor": "loop", "rerun": "failed", "accept_old": True,
        "timeout": 5.0, "save_predictions": True, "save_weights": True, "until": "decided", "max_seeds": 12,
        "stop_after": 60.0,
    }  # fmt: skip
    assert "t: error, lower is better" in found.out
    assert f"written: {tmp_path / 'out'}/leaderboard.csv" in found.err


@pytest.mark.parametrize(("values", "status"), [(BASE, 0), ([None, *BASE[1:]], 1), (["absent", *BASE[1:]], 1)])
def test_a_failed_or_missing_run_is_status_1(mixsuite, tmp_path, values, status):
    write_folder(tmp_path, {"t": {"erm": BASE, "m": values}})
    assert mixsuite("leaderboard", "--out", tmp_path).status == status
