"""Tables to be read: plain, or Markdown."""

import re

import numpy as np
import pandas as pd
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build
from mixsuite.report.text import markdown_lines, report_text, table_lines


def test_markdown_has_the_same_numbers(folder, mixsuite):
    out = folder({"t": {"erm": BASE, "a|b": BASE - 0.05 + NOISE[0]}})
    plain, marked = mixsuite("leaderboard", "--out", out), mixsuite("leaderboard", "--out", out, "--format", "md")
    assert (plain.status, marked.status) == (0, 0)
    assert "| rank | method" in marked.out
    assert "a\\|b" in marked.out

    def words(text):
        return set(re.findall(r"[\w.@-]+", text.replace("\\|", "|"))) - {"---", "note", "-"}

    assert words(plain.out) == words(marked.out)
    assert marked.out == report_text(build(out), "md") + "\n"


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
