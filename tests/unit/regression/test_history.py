"""The history of cells: what is kept, where it has steps, and the picture of it."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from scipy import stats

from mixsuite.errors import InputError
from mixsuite.regression.history import ADDED, COLUMNS, Point, load_history, steps, track
from mixsuite.stats.primary import Primary


def test_a_row_for_each_cell_and_commit(accepted, tmp_path):
    path = tmp_path / "history.csv"
    assert track(accepted[0], path, "aaa", "2026-01-01") == 2
    assert track(accepted[0], path, "bbb", "2026-01-02") == 2
    once = path.read_text()
    assert track(accepted[0], path, "bbb", "2026-01-02") == 2
    assert path.read_text() == once  # a second call adds nothing
    frame = pd.read_csv(path)
    assert list(frame.columns) == [*COLUMNS, *ADDED]
    assert frame["commit"].tolist() == ["aaa", "aaa", "bbb", "bbb"]
    runs = pd.read_csv(accepted[0] / "runs.csv") if (accepted[0] / "runs.csv").exists() else None
    assert runs is not None
    errors = runs.query("metric == 'error' and method == 'mixup'")["value"]
    row = frame.iloc[1]
    low, high = stats.t.interval(0.95, len(errors) - 1, errors.mean(), stats.sem(errors))
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([errors.mean(), low, high], rel=1e-4)


def points(*means, half=0.005, metric="error"):
    return [
        Point(f"c{i}", f"2026-01-{i + 1:02d}", Primary(metric), 12, m, m - half, m + half) for i, m in enumerate(means)
    ]


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


def test_calls_at_once_lose_no_point(accepted, tmp_path):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: track(accepted[0], tmp_path / "h.csv", commit=f"c{n}"), range(6)))
    points = load_history(tmp_path / "h.csv")
    assert [sorted(p.commit for p in cell) for cell in points.values()] == [[f"c{n}" for n in range(6)]] * 2
