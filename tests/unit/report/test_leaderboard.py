"""Leaderboards from records alone: means, paired differences, ranks, and incomplete cells that are marked."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixsuite.results.record import SCHEMA, Record, RecordWriter
from mixsuite.report import overall, task
from mixsuite.report.leaderboard import build, csv_text, format_number, make_report
from mixsuite.results.reading import load_results
from mixsuite.report.text import report_text
from mixsuite.results.manifest import Manifest
from mixsuite.plugins.entry import Call
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task

VALUES = {  # task -> method -> values by seed; None: failed, "skip": skipped, absent: never run
    "a": {"erm": [0.3, 0.2, 0.4], "mixup": [0.2, 0.2, 0.3], "twin": [0.2, 0.2, 0.3], "mixup(batch=2)": [0.1, 0.1, 0.1]},
    "b": {"erm": [0.5, 0.5, 0.5], "mixup": [0.4, None, 0.4], "twin": [0.4, 0.4, 0.6], "mixup(batch=2)": [0.1, 0.1, 0.1]},
    "c": {"erm": [0.1, 0.3, 0.2], "mixup": [0.3, 0.4, 0.5], "twin": [0.0, 0.0, 0.0], "cutmix": ["skip"] * 3, "mixup(batch=2)": [0.1, 0.1]},
    "r": {"erm": [50.0, 60.0, 55.0], "mixup": [49.0, 58.0, 55.0]},
}  # fmt: skip


def the_task(name):
    return Task(
        name, "images" if name == "c" else "tabular", Call(name), "r", (("lr", 0.1),), classification=name != "r"
    )


def the_method(name):
    return MethodSpec(name, Call(name.split("(")[0], (("tag", name),)), control="compute" if "batch" in name else "")


@pytest.fixture
def folder(tmp_path):
    shown = Manifest("erm")
    with RecordWriter(tmp_path) as writer:
        for task, methods in VALUES.items():
            for method, values in methods.items():
                runs = [RunSpec(the_task(task), the_method(method), seed) for seed in range(3)]
                shown.add(runs)
                for run, value in zip(runs, values, strict=False):
                    writer.append(task, a_record(run, value))
    shown.save(tmp_path)
    return tmp_path


def a_record(run, value):
    task = run.task
    names = {"domain": task.domain, "dataset": task.name, "recipe": "r", "task": task.name, "method": run.method.name}
    status = "failed" if value is None else "skipped" if value == "skip" else "ok"
    return Record(
        SCHEMA, run.id, names, run.canonical(), status, "planted" if status != "ok" else "", {"hash": run.method.name, "core": "x"},
        "d", "now", metrics={task.primary: value, "nll": 1.0} if status == "ok" else {}, seconds=2.0,
        steps=10, rows_per_step=16.0 if task.name == "c" and "batch" not in run.method.name else 8.0,
    )  # fmt: skip


def test_means_and_paired_differences_are_scipys(folder):
    table = build(folder).tasks["a"].set_index("method")
    x, y = np.array(VALUES["a"]["mixup"]), np.array(VALUES["a"]["erm"])
    row = table.loc["mixup"]
    assert row["mean"] == pytest.approx(x.mean())
    assert row["std"] == pytest.approx(x.std(ddof=1))
    assert row["diff"] == pytest.approx((x - y).mean())
    wanted = stats.ttest_rel(x, y).confidence_interval(0.95)
    assert (row["diff_low"], row["diff_high"]) == pytest.approx((wanted.low, wanted.high))
    assert (row["seconds"], row["rows_per_step"], row["steps"], row["n"], row["nll"]) == (2.0, 8.0, 10, 3, 1.0)
    assert table.loc["erm", "verdict"] == "reference"
    assert pd.isna(table.loc["erm", "diff"])


def test_equal_means_share_the_lower_rank(folder):
    table = build(folder).tasks["a"].set_index("method")
    assert table["rank"].to_dict() == {"mixup(batch=2)": 1, "mixup": 2, "twin": 2, "erm": 4}


def test_an_incomplete_cell_is_marked_and_never_averaged(folder):
    report = build(folder)
    b, c = (report.tasks[t].set_index("method") for t in "bc")
    assert (b.loc["mixup", "status"], b.loc["mixup", "n"]) == ("failed", 2)
    assert (c.loc["mixup(batch=2)", "status"], c.loc["mixup(batch=2)", "n"]) == ("incomplete", 2)
    assert (c.loc["cutmix", "status"], c.loc["cutmix", "verdict"]) == ("skipped", "skipped")
    for row in (b.loc["mixup"], c.loc["mixup(batch=2)"], c.loc["cutmix"]):
        assert row[["rank", "mean", "std", "diff", "diff_low", "least_effect", "nll", "seconds"]].isna().all()
        assert row["verdict"] in ("undecided", "skipped")
    assert "failed: b mixup seed 1: planted" in report.notes
    assert "skipped: cutmix (planted): c" in report.notes


def test_mean_ranks_are_over_complete_classification_tasks_without_controls(folder):
    report = build(folder)
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


def test_columns_are_the_documented_ones(folder):
    build(folder)
    header = (folder / "leaderboard" / "a.csv").read_text().splitlines()[0]
    fixed = "rank,method,n,mean,std,diff,diff_low,diff_high,p_holm,verdict,least_effect,seconds,rows_per_step,status"
    assert header == ",".join([*task.COLUMNS, "nll"])
    assert header.startswith(f"{fixed},pairs,")
    header = (folder / "leaderboard.csv").read_text().splitlines()[0]
    fixed = "rank,method,tasks,mean_rank,rank_low,rank_high,better,tie,worse,undecided,seconds,complete"
    assert header == ",".join(overall.COLUMNS)
    assert header.startswith(f"{fixed},ranked_over,")
    assert header == (folder / "leaderboard" / "images.csv").read_text().splitlines()[0]
    runs = pd.read_csv(folder / "runs.csv")
    assert len(runs.query("status == 'ok' and metric == 'error'")) == sum(
        isinstance(v, float) for task, methods in VALUES.items() if task != "r" for vs in methods.values() for v in vs
    )
    assert runs.query("status == 'failed'")["value"].isna().all()


def test_building_twice_gives_the_same_bytes(folder):
    build(folder)
    files = [folder / "runs.csv", folder / "leaderboard.csv", *sorted((folder / "leaderboard").glob("*.csv"))]
    before = [f.read_bytes() for f in files]
    build(folder)
    assert before == [f.read_bytes() for f in files]
    assert not list(folder.rglob("*.part"))


def test_records_of_other_cells_are_counted_and_mixed_code_is_said(folder):
    with RecordWriter(folder) as writer:
        other = RunSpec(the_task("z"), the_method("erm"), 0)
        writer.append("z", a_record(other, 0.5))
        again = a_record(RunSpec(the_task("a"), the_method("erm"), 0), 0.3)
        writer.append("a", Record(**{**again.__dict__, "code": {"hash": "erm", "core": "another"}}))
    notes = make_report(load_results(folder)).notes
    assert any(n.startswith("1 records of other cells") for n in notes)
    assert "a: this table mixes results of different code" in notes
    assert not any(n.startswith("c: this table mixes") for n in notes)


def test_the_printed_tables_have_one_row_a_line_and_full_names(folder):
    report = build(folder)
    text = report_text(report)
    row = next(line for line in text.splitlines() if "mixup(batch=2)" in line)
    assert "0.1" in row
    assert "r: rmse, lower is better" in text
    assert "\x1b" not in text


def test_numbers_are_written_short_and_exact_enough():
    assert [format_number(v) for v in (3.0, 0.123456789, np.nan, 1e-7, 123456.7)] == [
        "3",
        "0.123457",
        "",
        "1e-07",
        "123457",
    ]
    assert csv_text(pd.DataFrame({"a": [1.0, np.nan], "b": ["x,y", None]})) == 'a,b\n1,"x,y"\n,\n'


def test_an_empty_folder_has_an_empty_report(tmp_path):
    report = build(tmp_path)
    assert report.tasks == {}
    assert len(report.overall) == 0
    assert (tmp_path / "runs.csv").read_text().startswith("domain,")
