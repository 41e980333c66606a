"""Several tasks: mean ranks, verdicts counted."""

import numpy as np
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build, make_report
from mixsuite.report.text import report_text
from mixsuite.results.reading import load_results
from mixsuite.stats.across import TaskValues, improvement, log_ratios


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


def test_ratios_and_improvement_are_those_of_the_values(folder):
    draws = np.random.default_rng(4)
    values = {f"t{i}": {"erm": BASE, "m": BASE * draws.uniform(0.6, 1.2), "n": BASE - 0.1 + NOISE[0]} for i in range(6)}
    report = build(folder(values))
    rows = report.overall.set_index("method")
    cases = [
        TaskValues(np.column_stack([v[m] for m in ("erm", "m", "n")]), 0.5 / 30, name) for name, v in values.items()
    ]
    for name, wanted in (("log_ratio", log_ratios(cases, 0)), ("improvement", improvement(cases, 0))):
        for place, method in ((1, "m"), (2, "n")):
            for end in ("", "_low", "_high", "_low_like", "_high_like"):
                number = getattr(wanted, end[1:] or "value")[place]
                assert rows.loc[method, f"{name}{end}"] == pytest.approx(number), (name, method, end)
    assert np.isnan(rows.loc["erm", "log_ratio"])
    shown = next(line for line in report_text(report).splitlines() if line.startswith("n ") and "worse" not in line)
    assert "ratio [95 %]" in report_text(report)
    assert shown


def test_groups_have_letters_where_tasks_are_enough(folder):
    values = {f"t{i}": {"erm": BASE, "m": BASE - 0.05, "n": BASE - 0.1} for i in range(8)}
    rows = build(folder(values)).overall.set_index("method")
    assert rows["group"].to_dict() == {"n": "a", "m": "b", "erm": "c"}
    assert "  group  " in report_text(build(folder({f"u{i}": v for i, v in enumerate(values.values())})))


def ranked(folder, names, late=False):
    skipped = {("u", "only_t"): {"status": "skipped", "reason": "for images", "metrics": {}}}
    cells = {"erm": BASE, "m": BASE - 0.1, "only_t": BASE - 0.2}
    results = load_results(folder({"t": cells, "u": cells}, skipped))
    results.manifest.ranked, results.manifest.ranked_late = names, late
    return make_report(results, results.out)


def test_the_matrix_may_name_what_is_ranked(folder):
    report = ranked(folder, ("erm", "only_t"))
    assert report.overall["mean_rank"].dropna().index.size == 2
    assert set(report.overall.dropna(subset="mean_rank")["method"]) == {"erm", "only_t"}
    assert set(report.overall["ranked_over"].dropna()) == {1}
    assert "not in the ranking, since not all of erm, only_t are complete: u" in report.notes


def test_methods_that_were_named_late_are_told(folder):
    assert "the methods that are ranked were named after runs were there" in ranked(folder, ("erm", "m"), True).notes
    assert not any("ranked were named" in note or "not in the ranking" in note for note in ranked(folder, ()).notes)
