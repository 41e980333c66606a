"""The history of cells: what is kept, where it has steps, and the picture of it."""

import shutil

import pandas as pd
import pytest
from scipy import stats

from mixsuite.errors import InputError
from mixsuite.regression.history import COLUMNS, Point, load_history, steps, track
from mixsuite.regression.trend import draw_trends


def test_a_row_for_each_cell_and_commit(accepted, tmp_path):
    path = tmp_path / "history.csv"
    assert track(accepted[0], path, "aaa", "2026-01-01") == 2
    assert track(accepted[0], path, "bbb", "2026-01-02") == 2
    once = path.read_text()
    assert track(accepted[0], path, "bbb", "2026-01-02") == 2
    assert path.read_text() == once  # a second call adds nothing
    frame = pd.read_csv(path)
    assert list(frame.columns) == COLUMNS
    assert frame["commit"].tolist() == ["aaa", "aaa", "bbb", "bbb"]
    runs = pd.read_csv(accepted[0] / "runs.csv") if (accepted[0] / "runs.csv").exists() else None
    assert runs is not None
    errors = runs.query("metric == 'error' and method == 'mixup'")["value"]
    row = frame.iloc[1]
    low, high = stats.t.interval(0.95, len(errors) - 1, errors.mean(), stats.sem(errors))
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([errors.mean(), low, high], rel=1e-4)


def points(*means, half=0.005, metric="error"):
    return [Point(f"c{i}", f"2026-01-{i + 1:02d}", metric, 12, m, m - half, m + half) for i, m in enumerate(means)]


@pytest.mark.parametrize(
    ("curve", "wanted"),
    [
        (points(0.10, 0.10, 0.13, 0.13), ["c2"]),
        (points(0.13, 0.10, 0.13), ["c1", "c2"]),
        (points(0.10, 0.115, half=0.02), []),  # the intervals overlap
        (points(0.10, 0.109, half=0.001), []),  # within the margin
        (points(50.0, 50.9, half=0.1, metric="rmse"), []),
        (points(50.0, 51.5, half=0.1, metric="rmse"), ["c1"]),
        (points(0.10), []),
    ],
)
def test_a_step_is_beyond_the_margin_and_the_intervals(curve, wanted):
    assert [step.after.commit for step in steps(curve)] == wanted


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
        row.replace("aaa,2026-01-01", "000,2025-12-01").rsplit(",", 3)[0] + f",{mean + 0.3},{mean + 0.2},{mean + 0.4}"
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "line 1: not a history"),
        (",".join(COLUMNS) + "\nx\n", "line 2"),
        (",".join(COLUMNS) + "\nc,2026-01-01,images,d,r,m,error,12,nan,0,1\n", "line 2"),
        (",".join(COLUMNS) + "\nc,soon,images,d,r,m,error,12,0.1,0,1\n", "line 2"),
    ],
)
def test_a_foreign_history_is_refused(tmp_path, text, said):
    (tmp_path / "h.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        load_history(tmp_path / "h.csv")
