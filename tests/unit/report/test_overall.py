"""Several tasks: mean ranks, verdicts counted."""

import pytest
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build
from mixsuite.report.text import report_text


def test_verdicts_are_counted_over_tasks_and_false_ones_expected_are_said(folder):
    good = {"erm": BASE, "m": BASE - 0.05 + NOISE[0]}
    report = build(folder({f"t{i}": good for i in range(6)}))
    rows = report.overall.set_index("method")
    assert rows.loc["m", ["better", "tie", "worse", "undecided"]].tolist() == [6, 0, 0, 0]
    assert rows.loc["erm", ["better", "tie", "worse", "undecided"]].isna().all()
    assert rows.loc["m", ["mean_rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert rows.loc["m", ["ranked_over", "rank_scope"]].tolist() == [6, "tasks and seeds"]
    assert report.domains["tabular"]["rank_scope"].tolist() == ["tasks and seeds"] * 2
    assert any(
        note.startswith(
            "6 better or worse in 6 tables; were all methods alike, any at all would be expected in 0.3 tables"
        )
        for note in report.notes
    )


def test_fewer_than_five_tasks_are_these_tasks(folder):
    report = build(folder({"t": {"erm": BASE, "m": BASE}, "u": {"erm": BASE, "m": BASE}}))
    assert report.overall["rank_scope"].tolist() == ["these tasks"] * 2
    assert "ranked over 2 of 2; 95 % interval over these tasks" in report_text(report)


def test_mean_ranks_are_over_complete_classification_tasks_without_controls(board):
    report = build(board)
    overall = report.overall.set_index("method")
    # Task b has a failed cell, r is regression: a and c remain. Ranked among erm, mixup, twin alone.
    assert overall["mean_rank"].dropna().to_dict() == {"twin": 1.0, "mixup": 2.0, "erm": 2.5}
    assert overall["rank"].dropna().to_dict() == {"twin": 1, "mixup": 2, "erm": 3}
    assert overall["complete"].to_dict() == {
        "twin": "true", "mixup": "false", "erm": "true", "cutmix": "true", "mixup(batch=2)": "false",
    }  # fmt: skip
    assert overall.loc["twin", "tasks"] == 3
    assert set(report.domains) == {"tabular", "images"}
    # twin is not in the regression task's table, so over the tables domain it is not ranked.
    assert set(report.domains["tabular"].dropna(subset="mean_rank")["method"]) == {"erm", "mixup"}


def test_costs_are_means_over_complete_tasks(folder):
    changes = {("u", m): {"seconds": 3.0} for m in ("erm", "m")} | {("v", "m", 0): {"status": "failed", "metrics": {}}}
    values = {"erm": BASE, "m": BASE}
    rows = build(folder(dict.fromkeys("tuv", values), changes)).overall.set_index("method")
    assert rows["seconds"].to_dict() == {"erm": pytest.approx(5 / 3), "m": 2.0}
    assert rows["tasks"].to_dict() == {"erm": 3, "m": 2}
    assert rows["ranked_over"].tolist() == [2, 2]
