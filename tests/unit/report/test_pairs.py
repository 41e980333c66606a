"""Two cells of a task, paired by seed."""

import numpy as np
import pytest
from support.folders import BASE

from mixsuite.report.pairs import paired_cells, shared_seeds, task_margin
from mixsuite.results.reading import load_results


def test_pairs_are_seeds_of_the_same_rows(folder):
    changes = {("t", "m", 4): {"digests": {"split": "another"}}, ("t", "m", 5): {"status": "failed", "metrics": {}}}
    results = load_results(folder({"t": {"erm": BASE, "m": BASE + 0.1}}, changes))
    shown = results.manifest.tasks["t"]
    mine, base = results.cell(shown, "m"), results.cell(shown, "erm")
    assert shared_seeds(mine, base) == {0, 1, 2, 3, 6, 7, 8, 9}
    paired = paired_cells(mine, base, 0.01)
    assert paired.d == pytest.approx([0.1] * 8)
    assert not paired.complete
    ours, theirs = paired.distances
    assert ours - theirs == pytest.approx(paired.d)


def test_the_margin_is_of_the_references_mean_and_at_least_a_test_row(folder):
    results = load_results(folder({"t": {"erm": BASE}, "u": {"erm": BASE * 3}}))
    for name, wanted in (("t", 1 / 30), ("u", 0.15 * np.mean(BASE))):
        task = results.manifest.tasks[name]
        assert task_margin(task, results.cell(task, "erm"), None) == pytest.approx(wanted)
        assert task_margin(task, results.cell(task, "erm"), 0.05) == 0.05
