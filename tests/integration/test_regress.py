"""Regressions with processes: git, and training anew."""

import subprocess

import pytest

from mixsuite.regression import yardstick
from mixsuite.regression.baseline import commit_of


@pytest.mark.slow
def test_training_anew_needs_a_folder_of_its_own(gated, trained, mixsuite, monkeypatch):
    """Old cells of a folder would be compared as if they had been trained anew."""
    one = yardstick.Yardstick(1.0, 1e8, "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00")
    monkeypatch.setattr(yardstick, "time_yardstick", lambda: one)
    (gated / "baseline.csv").write_text(trained[1])
    call = ("regress", "--run", "gated.toml", "--out", "results/anew", "--baseline", "baseline.csv")
    first = mixsuite(*call)
    assert first.status == 0, first.err
    assert "no regression: 2 same" in first.out
    assert "1 tasks x 2 methods x 12 seeds; 24 of 24 runs to train" in first.err
    second = mixsuite(*call)
    assert second.status == 2
    assert "holds results already" in second.err


@pytest.mark.slow
def test_a_commit_is_dirty_by_code_and_not_by_results(tmp_path):
    assert commit_of(tmp_path) == ""
    (tmp_path / "results").mkdir()
    (tmp_path / "code.py").write_text("1")
    (tmp_path / "results" / "history.csv").write_text("1")
    me = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*me, *words], check=True)
    clean = commit_of(tmp_path)
    assert len(clean) == 12
    (tmp_path / "results" / "history.csv").write_text("2 ")
    assert commit_of(tmp_path) == clean
    (tmp_path / "code.py").write_text("2 ")
    assert commit_of(tmp_path) == f"{clean}-dirty"
