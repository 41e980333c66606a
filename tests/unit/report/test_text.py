"""Tables to be read: plain, or Markdown."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build
from mixsuite.report.text import coarseness, markdown_lines, report_text, table_lines


@pytest.mark.parametrize(("wide", "head"), [((), "| method | mean±sd"), (("--wide",), "| rank | method")])
def test_markdown_has_the_same_numbers(folder, mixsuite, wide, head):
    out = folder({"t": {"erm": BASE, "a|b": BASE - 0.05 + NOISE[0]}})
    plain = mixsuite("leaderboard", "--out", out, *wide)
    marked = mixsuite("leaderboard", "--out", out, "--format", "md", *wide)
    assert (plain.status, marked.status) == (0, 0)
    assert head in marked.out
    assert "a\\|b" in marked.out

    def words(text):
        return set(re.findall(r"[\w.@-]+", text.replace("\\|", "|"))) - {"---", "note", "-"}

    assert words(plain.out) == words(marked.out)
    assert marked.out == report_text(build(out), "md", bool(wide)) + "\n"


def test_a_row_in_short_has_the_tables_numbers(folder):
    out = folder({"t": {"erm": BASE, "m": BASE - 0.05 + NOISE[0], "same": BASE}})
    report = build(out)
    rows = {row["method"]: row for row in report.tasks["t"].to_dict("records")}
    lines = report_text(report).splitlines()
    assert lines[0] == "t: error, lower is better, n = 10"
    assert lines[1].split() == ["method", "mean±sd", "diff", "[95", "%]", "verdict", "rows", "seconds"]
    m = rows["m"]
    line = next(line for line in lines if line.startswith("m "))
    interval = f"[{m['diff_low']:+.2g}, {m['diff_high']:+.2g}]"
    assert line.startswith(f"m       {m['mean']:.3g}±{m['std']:.2g}")
    assert f"{m['diff']:+.2g} {interval}" in line and f" {m['verdict']} " in line
    assert "  0 [" in next(line for line in lines if line.startswith("same"))  # zeros as zeros
    assert max(map(len, lines[:-2])) <= 100
    assert "note: diff: from erm, paired by seed, unadjusted 95 % interval" in lines


def test_a_call_prints_the_cells_that_it_was_about_alone(folder):
    report = build(folder({"t": {"erm": BASE, "m": BASE, "n": BASE}, "u": {"erm": BASE, "m": BASE}}))
    asked = replace(report, asked=frozenset({("t", "erm"), ("t", "n")}))
    text = report_text(asked)
    assert "u: error" not in text and "All classification tasks" not in text
    assert [line.split()[0] for line in text.splitlines()[2:4]] == ["erm", "n"]
    assert "All classification tasks" in report_text(report)


def test_methods_that_were_skipped_or_are_incomplete_have_no_numbers(board):
    lines = report_text(build(board)).splitlines()
    assert not any(line.startswith("cutmix") and "skipped" in line for line in lines)
    failed = [line for line in lines if " failed" in line or " incomplete" in line]
    assert failed
    assert all("±" not in line for line in failed if not line.startswith("note"))


def test_the_printed_tables_have_one_row_a_line_and_full_names(board):
    report = build(board)
    text = report_text(report)
    row = next(line for line in text.splitlines() if "mixup(batch=2)" in line)
    assert "0.1" in row
    assert "r: rmse, lower is better" in text
    assert "\x1b" not in text


def test_text_stands_to_the_left_and_numbers_to_the_right():
    frame = pd.DataFrame({"method": ["erm", "mixup"], "mean": [0.123456, 12.0], "n": [3.0, np.nan]})
    assert table_lines(frame, ["method", "mean", "n"]) == ["method    mean  n", "erm     0.1235  3", "mixup       12"]
    assert markdown_lines(frame, ["method", "n"]) == [
        "| method | n |", "| :--- | ---: |", "| erm | 3 |", "| mixup |  |",
    ]  # fmt: skip


def test_the_first_line_says_below_what_a_table_finds_little(folder):
    fine, coarse = NOISE[0] / 10, 10 * NOISE[0]
    report = build(folder({"t": {"erm": BASE, "m": BASE + fine}, "u": {"erm": BASE, "m": BASE + coarse}}))
    lines = report_text(report).splitlines()
    assert lines[0] == "t: error, lower is better, n = 10"
    share = report.tasks["u"]["least_effect"].median() / np.mean(BASE)
    assert f"u: error, lower is better, n = 10; differences below {share:.0%} of erm's are rarely found" in lines
    assert coarseness(report.tasks["u"].assign(least_effect=0.1 * np.mean(BASE)), report.primary("u"), "erm") == ""


def test_a_sure_difference_within_the_margin_is_called_small(folder):
    report = build(folder({"t": {"erm": BASE, "near": BASE - 0.002 + NOISE[0] / 30, "far": BASE - 0.1 + NOISE[1]}}))
    lines = {line.split()[0]: line for line in report_text(report).splitlines() if line}
    assert "  better, small  " in lines["near"]
    assert "  better  " in lines["far"]
