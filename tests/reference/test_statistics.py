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
    nulls = [row for row in rows if row[0] in (*LAWS, "mixup against its twins")]
    assert len(nulls) == 17
    for name, n, _, tables, tested, shown, _, coverage in nulls:
        assert int(tables) >= 1_000
        apart = int(tables) // 8 if name.startswith("mixup") else int(tables)  # eight tables share their runs
        assert float(shown) <= float(tested) <= 0.05 + 3 * error(0.05, apart), (name, n)
        assert name != "normal" or 0.93 <= float(coverage) <= 0.97
    (two,) = (row for row in rows if row[0] == "2 deviations")
    assert float(two[5]) >= 0.9
    for row in rows:
        if row[0] == "least_effect":
            assert float(row[5]) == pytest.approx(0.8, abs=4 * error(0.8, int(row[4])) + 0.02)
