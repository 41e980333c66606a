"""A CSV file as a task: trained, not trained again, and trained anew when it changes."""

import numpy as np
import pandas as pd
import pytest


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


@pytest.mark.slow
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
