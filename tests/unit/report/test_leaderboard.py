"""Every derived file, from records alone."""

import json

import numpy as np
import pandas as pd
import pytest
from support.board import VALUES
from support.folders import BASE, write_folder

from mixsuite.errors import InputError
from mixsuite.report import overall, task
from mixsuite.report.leaderboard import build, csv_text, format_number


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 9}, r"t.jsonl, line 1: schema 9 is unknown \(readable: 1 and 2\)"),
        ({"metrics": {"error": float("nan")}}, "t.jsonl, line 1: a record whose metrics is missing or wrong"),
        ({"metrics": {"nll": 1.0}}, r"run \w{16} \(t, erm, seed 0\) has no error"),
        ({"probes": {"fgsm": {}}}, "t.jsonl, line 1: .*missing or wrong"),
    ],
)
def test_records_that_cannot_be_read_right_are_refused_by_name(folder, mixsuite, change, said):
    out = folder({"t": {"erm": BASE, "m": BASE}})
    path = out / "records" / "t.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text(
        "\n".join([json.dumps(json.loads(first) | {"checksum": "", "sequence": None} | change), *rest]) + "\n"
    )
    with pytest.raises(InputError, match=said):
        build(out)
    refused = mixsuite("leaderboard", "--out", out)
    assert refused.status == 2
    assert len(refused.err.strip().splitlines()) == 1
    assert not (out / "leaderboard.csv").exists()


def test_costs_are_rows_of_the_tidy_frame(folder):
    out = folder({"t": {"erm": BASE, "m": BASE}})
    runs = build(out).runs
    assert set(runs["metric"]) == {"error", "seconds", "steps", "rows_per_step"}
    pd.testing.assert_frame_equal(runs, pd.read_csv(out / "runs.csv"), check_dtype=False)


def test_columns_are_the_documented_ones(board):
    build(board)
    header = (board / "leaderboard" / "a.csv").read_text().splitlines()[0]
    fixed = "rank,method,n,mean,std,diff,diff_low,diff_high,p_holm,verdict,least_effect,seconds,rows_per_step,status"
    assert header == ",".join([*task.COLUMNS, "nll"])
    assert header.startswith(f"{fixed},pairs,")
    header = (board / "leaderboard.csv").read_text().splitlines()[0]
    fixed = "rank,method,tasks,mean_rank,rank_low,rank_high,better,tie,worse,undecided,seconds,complete"
    assert header == ",".join(overall.COLUMNS)
    assert header.startswith(f"{fixed},ranked_over,")
    assert header == (board / "leaderboard" / "images.csv").read_text().splitlines()[0]
    runs = pd.read_csv(board / "runs.csv")
    assert len(runs.query("status == 'ok' and metric == 'error'")) == sum(
        isinstance(v, float) for task, methods in VALUES.items() if task != "r" for vs in methods.values() for v in vs
    )
    assert runs.query("status == 'failed'")["value"].isna().all()


def test_building_twice_gives_the_same_bytes(board):
    build(board)
    files = [board / "runs.csv", board / "leaderboard.csv", *sorted((board / "leaderboard").glob("*.csv"))]
    before = [f.read_bytes() for f in files]
    build(board)
    assert before == [f.read_bytes() for f in files]
    assert not list(board.rglob("*.part"))


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


def test_a_table_of_a_task_that_is_shown_no_more_goes(board):
    build(board)
    stale = board / "leaderboard" / "gone.csv"
    stale.write_text("rank,method,n,mean,std\n")
    own = stale.with_name("mine.csv")
    own.write_text("my,table\n")
    build(board)
    assert not stale.exists()
    assert own.exists()  # a user's file


def test_a_report_says_whether_all_is_there(board, tmp_path):
    report = build(board)
    assert (report.complete, report.out) == (False, board)
    assert {name: report.primary(name).name for name in VALUES} == {
        "a": "error",
        "b": "error",
        "c": "error",
        "r": "rmse",
    }
    assert build(write_folder(tmp_path / "whole", {"t": {"erm": BASE, "m": BASE}})).complete


def test_numbers_that_are_none_and_numbers_without_end():
    assert [format_number(v) for v in (float("nan"), float("inf"), -float("inf"), 1e308, 3.0)] == [
        "", "inf", "-inf", "1e+308", "3",
    ]  # fmt: skip
