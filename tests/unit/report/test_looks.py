"""Verdicts at declared looks: which cells go on, and what a folder says of them."""

import numpy as np
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build
from mixsuite.report.looks import compare_cells, open_cells
from mixsuite.results.manifest import Looks, load_manifest
from mixsuite.results.reading import load_results
from mixsuite.stats.sequential import sequential_verdict

LOOKS = Looks((8, 10), 2)
OPEN = BASE + 0.065 + 0.08 * np.array([1, -1] * 5)  # may still become significant


@pytest.fixture
def looked(folder):
    """A folder with looks at 8 and 10 seeds: one cell was decided at 8, one goes on."""

    def make(**values):
        out = folder({"t": {"erm": BASE, "sure": BASE[:8] - 0.1 + NOISE[0][:8], "open": OPEN} | values})
        manifest = load_manifest(out)
        manifest.looks = LOOKS
        manifest.save(out)
        return out

    return make


def test_a_decided_cell_has_fewer_seeds_and_is_complete(looked):
    report = build(looked())
    rows = report.tasks["t"].set_index("method")
    assert rows.loc["sure", ["verdict", "n", "status", "stopped"]].tolist() == ["better", 8, "ok", 8]
    assert rows.loc["open", ["n", "stopped"]].tolist() == [10, 10]
    assert rows.loc["sure", "marks"] == "n = 8, the reference has 10"
    assert rows["p_holm"].isna().all()
    wanted = sequential_verdict(np.array(NOISE[0][:8]) - 0.1, LOOKS.seeds, 0.01, LOOKS.among)
    assert rows.loc["sure", ["diff_low_repeated", "diff_high_repeated"]].tolist() == pytest.approx(
        [wanted.low, wanted.high]
    )
    assert any("with looks at 8, 10 seeds" in note for note in report.notes)
    assert any("Bonferroni within a table, over all looks" in note for note in report.notes)
    assert set(report.overall["ranked_over"].dropna()) == {1}


def test_cells_that_are_not_decided_go_on_and_failed_ones_do_not(looked):
    short = {"open": OPEN[:8], "given_up": (BASE + NOISE[1] * 9)[:8], "failed": [*BASE[:7], None], "erm": BASE[:8]}
    results = load_results(looked(**short))
    assert open_cells(results, ["erm"]) == {("t", "open")}
    assert open_cells(load_results(looked(sure=OPEN[:8])), ["erm"]) == {("t", "sure")}


def test_the_margin_of_a_decided_cell_does_not_move_with_the_reference(looked):
    results = load_results(looked())
    task = results.manifest.tasks["t"]
    paired = compare_cells(results, task, results.cell(task, "sure"), results.cell(task, "erm"))
    assert paired.margin == pytest.approx(max(0.05 * np.mean(BASE[:8]), 1 / 30))
    assert paired.complete


def test_without_looks_a_short_cell_is_incomplete(folder):
    rows = build(folder({"t": {"erm": BASE, "short": BASE[:8]}})).tasks["t"].set_index("method")
    assert rows.loc["short", "status"] == "incomplete"
    assert rows["stopped"].isna().all()
