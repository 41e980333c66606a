"""Two cells of a task, paired by seed."""

import numpy as np
import pytest
from support.folders import BASE, write_folder

from mixsuite.report.leaderboard import build
from mixsuite.report.pairs import paired_cells, shared_seeds, task_margin
from mixsuite.results.reading import load_results
from mixsuite.results.row_files import write_row_file
from mixsuite.stats.two_way import two_way_interval


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


def official(out, rows, **more):
    """Changes by which the runs of "t" test the same rows; their losses are rows[method][seed]."""
    kept = {
        (m, s): write_row_file(out, f"{s:016x}", {"loss": loss.astype(np.float32)})
        for m, losses in rows.items()
        for s, loss in enumerate(losses)
    }
    return {("t", m, s): {"split": "official", "rows_file": name, **more} for (m, s), name in kept.items()}


def test_the_rows_of_an_official_split_give_an_interval_for_new_ones(tmp_path):
    draws = np.random.default_rng(2)
    rows = {"erm": draws.random((10, 40)), "m": draws.random((10, 40))}
    out = tmp_path / "out"
    write_folder(out, {"t": {m: losses.mean(1) for m, losses in rows.items()}}, official(out, rows))
    row = build(out).tasks["t"].set_index("method").loc["m"]
    wanted = two_way_interval(rows["m"].astype(np.float32).astype(float) - rows["erm"].astype(np.float32))
    assert (row["diff_low_new"], row["diff_high_new"]) == pytest.approx(wanted)


def test_the_rows_of_an_rmse_are_linearised(tmp_path):
    draws = np.random.default_rng(2)
    rows = {"erm": 9 * draws.random((10, 40)), "m": 9 * draws.random((10, 40))}
    out, values = tmp_path / "out", {m: np.sqrt(losses.mean(1)) for m, losses in rows.items()}
    write_folder(out, {"t": values}, official(out, rows), regression=("t",))
    row = build(out).tasks["t"].set_index("method").loc["m"]
    assert (row["diff_low_new"] + row["diff_high_new"]) / 2 == pytest.approx(row["diff"], rel=1e-5)


def test_rows_that_do_not_fit_together_give_none(tmp_path):
    draws = np.random.default_rng(2)
    rows = {"erm": draws.random((10, 40)), "m": draws.random((10, 39))}
    out = tmp_path / "out"
    write_folder(out, {"t": {m: losses.mean(1) for m, losses in rows.items()}}, official(out, rows))
    assert np.isnan(build(out).tasks["t"].set_index("method").loc["m", "diff_low_new"])
    lacking = official(out, {"erm": rows["erm"], "m": draws.random((10, 40))})
    lacking["t", "m", 3] = {"split": "official"}
    write_folder(tmp_path / "two", {"t": {"erm": BASE, "m": BASE}}, lacking)
    assert np.isnan(build(tmp_path / "two").tasks["t"].set_index("method").loc["m", "diff_low_new"])
