"""Pictures of how cells went over time."""

import shutil

import pytest

from mixsuite.regression.history import load_history, track
from mixsuite.regression.trend import draw_trends


@pytest.mark.slow
def test_the_leaderboard_draws_the_trend_and_names_the_commit(accepted, tmp_path, mixsuite):
    out, path = tmp_path / "out", tmp_path / "history.csv"
    shutil.copytree(accepted[0], out)
    track(out, path, "aaa", "2026-01-01")
    assert draw_trends(out, path) == []
    assert not (out / "trend").exists()  # one point is no trend
    text = path.read_text()
    track(out, path, "bbb", "2026-02-01")
    history = load_history(path)
    key = next(k for k in history if k[3] == "mixup")
    mean = history[key][0].mean
    row = next(line for line in text.splitlines() if ",mixup," in line)
    early = (
        row.replace("aaa,2026-01-01", "000,2025-12-01").rsplit(",", 5)[0]
        + f",{mean + 0.3},{mean + 0.2},{mean + 0.4},lower,0"
    )
    path.write_text("\n".join([text.splitlines()[0], early, *path.read_text().splitlines()[1:]]) + "\n")
    told = mixsuite("leaderboard", "--out", out, "--history", path)
    assert told.status == 0
    assert "short, mixup: error " in told.out
    assert "at commit aaa (2026-01-01)" in told.out
    (picture,) = (out / "trend").glob("*.png")
    drawn = picture.read_bytes()
    assert drawn.startswith(b"\x89PNG")
    picture.unlink()
    draw_trends(out, path)
    assert picture.read_bytes() == drawn  # rebuilt byte for byte


def test_a_picture_of_a_task_that_is_shown_no_more_goes(accepted, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(accepted[0], out)
    (out / "trend").mkdir(exist_ok=True)
    (out / "trend" / "gone.png").write_text("x")
    assert draw_trends(out, tmp_path / "none.csv") == []
    assert list((out / "trend").iterdir()) == []
