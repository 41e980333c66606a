"""One variant against others: where it is better, by how much, and at what cost."""

import pandas as pd
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.comparison import COLUMNS, SHOWN, against, compare_results, equal_compute_controls
from mixsuite.results.reading import load_results

GOOD = BASE - 0.05 + NOISE[0]


def test_a_row_a_task_with_its_verdict_and_both_costs(folder):
    values = {"erm": BASE, "m": GOOD}
    results = load_results(folder({"t": values, "u": values}, {("u", "m"): {"rows_per_step": 16.0, "seconds": 3.0}}))
    found = against(results, "m", "erm")
    assert list(found.table.columns) == COLUMNS
    assert set(SHOWN) <= set(COLUMNS)
    rows = found.table.set_index("task")
    assert rows["verdict"].to_dict() == {"t": "better", "u": "better"}
    assert rows["diff"].tolist() == pytest.approx([(GOOD - BASE).mean()] * 2)
    assert rows.loc["u", ["rows", "reference_rows", "seconds", "reference_seconds"]].tolist() == [1600, 800, 3.0, 1.0]
    assert found.line.startswith("m against erm: 2 better, 0 tie, 0 worse, 0 undecided; 1.50 x the rows, roughly 2 x")
    assert found.failures == []


def test_each_task_is_a_family_of_one(folder):
    """However many methods the folder has."""
    many = {"erm": BASE, "m": GOOD} | {f"other{i}": BASE for i in range(9)}
    results = load_results(folder({"t": many}))
    assert against(results, "m", "erm").table["p"][0] == 2 / 2**10


def test_failures_are_told_and_skipped_tasks_are_no_verdict(folder):
    values = {"erm": BASE, "m": [None, *GOOD[1:]]}
    skipped = {("u", "m"): {"status": "skipped", "reason": "for images", "metrics": {}}}
    results = load_results(folder({"t": values, "u": {"erm": BASE, "m": GOOD}}, skipped))
    found = against(results, "m", "erm")
    assert found.failures == ["t: failed: m: Diverged: planted"]
    assert found.table.set_index("task")["verdict"].to_dict() == {"t": "undecided", "u": "skipped"}
    assert found.table.set_index("task").loc["u", "reason"] == "m: for images"
    assert ";" not in found.line  # no task has both costs


def test_the_report_is_written_a_table_a_reference(folder):
    out = folder({"t": {"erm": BASE, "mixup": BASE, "m": GOOD, "mixup(length=2)": BASE}})
    report = compare_results(load_results(out), "m", ["mixup", "erm"], ["mixup(length=2)"], out)
    assert [c.reference for c in report.all] == ["mixup", "erm", "mixup(length=2)"]
    assert [c.reference for c in report.at_equal_compute] == ["mixup(length=2)"]
    assert sorted(path.name for path in out.glob("against-*.csv")) == [
        "against-erm.csv", "against-mixup(length=2).csv", "against-mixup.csv",
    ]  # fmt: skip
    assert pd.read_csv(out / "against-erm.csv")["verdict"].tolist() == ["better"]
    assert not report.failed


def test_a_failed_run_fails_the_report(folder):
    out = folder({"t": {"erm": BASE, "m": [None, *GOOD[1:]]}})
    assert compare_results(load_results(out), "m", ["erm"], [], out).failed


@pytest.mark.parametrize(
    ("rows", "entry", "wanted"),
    [
        (8.0, "mixup", []),
        (11.0, "mixup", []),
        (16.0, "mixup", ["mixup(length=2)", "mixup(batch=2)"]),
        (24.0, "mixup(alpha=0.4, length=2)", ["mixup(alpha=0.4, length=6)", "mixup(alpha=0.4, length=2, batch=3)"]),
    ],
)
def test_controls_are_the_reference_on_as_many_rows(folder, rows, entry, wanted):
    results = load_results(folder({"t": {"mixup": BASE, "m": GOOD}}, {("t", "m"): {"rows_per_step": rows}}))
    assert equal_compute_controls(results, "m", "mixup", entry) == wanted
