"""The committed proof of the verdicts' statistics says what was asked for."""

from math import sqrt
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "statistics.md"
LAWS = ["normal", "heavy-tailed (t, 3 degrees)", "skewed (exponential)", "normal, rounded to 1/54"]


def error(rate, tables):
    return sqrt(rate * (1 - rate) / tables)


def test_the_committed_proof_says_what_was_asked_for():
    text = REFERENCE.read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    nulls = [row for row in rows if row[0] in LAWS or row[0].startswith("mixup against its twins")]
    assert len(nulls) == 4 * len(LAWS) + 2
    for name, n, _, tables, false, _, coverage in nulls:
        assert int(tables) >= 300
        apart = int(tables) // 8 if name.startswith("mixup") else int(tables)  # eight tables share their runs
        assert float(false) <= 0.05 + 3 * error(0.05, apart), (name, n)
        assert name != "normal" or 0.93 <= float(coverage) <= 0.97
    assert "there ERM against mixup has" in text and "`yes`" in text  # one of the two recipes has converged
    (two,) = (row for row in rows if row[0] == "2 deviations")
    assert float(two[5]) >= 0.9
    for row in rows:
        if row[0] == "least_effect":
            assert float(row[5]) == pytest.approx(0.8, abs=4 * error(0.8, int(row[4])) + 0.02)


def lines_of(name):
    text = (REFERENCE.parent / f"{name}.md").read_text()
    return [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]


def test_states_of_convergence_come_as_asked_for():
    rows = [row for row in lines_of("convergence") if row[1].isdigit()]
    assert len(rows) == 40
    for name, _, _, tables, yes, no, overtrained, _ in rows:
        if "margin" in name and "half" not in name:
            assert float(yes) <= 0.05 + 3 * error(0.05, int(tables)), name
        if name == "nothing moves":
            assert float(no) == float(overtrained) == 0
        if name in ("the method by twice the margin", "both by twice the margin"):
            assert float(no) > 0.9


def test_intervals_for_new_rows_cover_as_asked_for():
    least, most = (row for row in lines_of("new_rows") if row[0] in ("least covered", "most covered"))
    assert 0.93 <= float(least[5]) <= float(most[5]) <= 0.97


def test_false_words_under_looks_are_as_rare_as_said():
    rows = [
        row
        for row in lines_of("until_decided")
        if len(row) == 4 and row[1].isdigit() and row[0] in (*LAWS[:3], "normal, rounded to a third")
    ]
    assert len(rows) == 16
    assert all(float(row[3]) <= 0.05 + 3 * error(0.05, 8_000) for row in rows)
    assert sum(float(row[3]) for row in rows) / 16 <= 0.05
