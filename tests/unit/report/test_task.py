"""One task: verdicts, every number beside them, and marks where a reader could be fooled."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.board import VALUES
from support.folders import BASE, NOISE

from mixsuite.report.leaderboard import build
from mixsuite.report.task import is_mixed, task_table
from mixsuite.results.reading import load_results
from mixsuite.stats.paired import effect_factor


def table(out, task="t"):
    return build(out).tasks[task].set_index("method")


def test_verdicts_and_every_number_beside_them(folder):
    methods = {"erm": BASE, "good": BASE - 0.05 + NOISE[0], "same": BASE + NOISE[1] / 10, "unsure": BASE + 5 * NOISE[2]}
    rows = table(folder({"t": methods}))
    assert rows["verdict"].to_dict() == {"good": "better", "same": "tie", "unsure": "undecided", "erm": "reference"}
    d = np.array(methods["good"]) - BASE
    wanted = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf)
    good = rows.loc["good"]
    assert good["p"] == pytest.approx(wanted.pvalue)
    assert good["p_holm"] == pytest.approx(3 * wanted.pvalue)
    assert good["least_effect"] == pytest.approx(effect_factor(10, 3) * d.std(ddof=1))
    half = stats.t.ppf(0.975, 9) * d.std(ddof=1) * np.sqrt(1 / 10 + 30 / 70)
    assert (good["diff_low_new"], good["diff_high_new"]) == pytest.approx((d.mean() - half, d.mean() + half))
    assert good["pairs"] == 10


def test_a_failed_or_missing_seed_takes_mean_and_verdict_and_is_marked(folder):
    short = [None, *(BASE[1:] - 0.1)]
    gone = ["absent", *(BASE[1:] - 0.1)]
    rows = table(folder({"t": {"erm": BASE, "failing": short, "missing": gone, "whole": BASE - 0.1}}))
    assert rows["status"].to_dict() == {"whole": "ok", "erm": "ok", "failing": "failed", "missing": "incomplete"}
    for method in ("failing", "missing"):
        assert rows.loc[method, "verdict"] == "undecided"
        assert rows.loc[method, ["rank", "mean", "diff", "diff_low"]].isna().all()
        assert rows.loc[method, "pairs"] == 9
    assert rows.loc["whole", "verdict"] == "better"
    # They are tested, so that the whole method's family does not depend on which runs failed.
    assert rows.loc["whole", "p_holm"] == pytest.approx(3 * 2 / 2**10)


def test_a_method_with_fewer_seeds_than_the_others_is_incomplete(folder):
    report = build(folder({"t": {"erm": BASE, "whole": BASE - 0.1, "mine": BASE[:3] - 0.1, "skip": BASE[:0]}}))
    rows = report.tasks["t"].set_index("method")
    assert rows.loc["mine", ["status", "verdict", "n"]].tolist() == ["incomplete", "undecided", 3]
    assert rows.loc["mine", ["mean", "diff", "rank"]].isna().all()
    assert rows.loc["whole", "verdict"] == "better"
    assert report.overall.set_index("method").loc["mine", "complete"] == "false"


def test_runs_that_saw_other_rows_are_no_pairs_and_are_marked(folder):
    same = {"data": "d", "split": "s", "init": "i"}
    changes = {("t", m): {"digests": same} for m in ("erm", "good", "odd", "moved")}
    changes |= {("t", "odd", 4): {"digests": same | {"split": "another"}}}
    changes |= {("t", "moved"): {"digests": same | {"data": "new", "split": "new"}}}
    rows = table(folder({"t": {m: BASE - 0.1 * (m != "erm") for m in ("erm", "good", "odd", "moved")}}, changes))
    assert rows["verdict"].to_dict() == {"erm": "reference", "good": "better", "odd": "undecided", "moved": "undecided"}
    assert rows["pairs"].drop("erm").to_dict() == {"good": 10, "odd": 9, "moved": 0}
    assert rows.loc[["odd", "moved"], "diff"].isna().all()
    marks = rows["marks"].to_dict()
    assert marks["odd"] == marks["moved"] == "other data or rows than the reference"
    assert marks["good"] == ""


def test_one_seed_has_a_difference_and_no_verdict(folder):
    rows = table(folder({"t": {"erm": BASE[:1], "m": BASE[:1] - 0.1}}))
    assert rows.loc["m", "verdict"] == "undecided (needs 6 seeds)"
    assert rows.loc["m", "diff"] == pytest.approx(-0.1)
    assert rows.loc["m", ["diff_low", "p", "p_holm", "least_effect", "std"]].isna().all()


def test_all_runs_failed_is_a_table_of_marks(folder):
    report = build(folder({"t": {"erm": [None] * 6, "m": [None] * 6}}))
    rows = report.tasks["t"].set_index("method")
    assert rows["status"].tolist() == ["failed", "failed"]
    assert rows["verdict"].to_dict() == {"erm": "reference", "m": "undecided"}
    assert report.overall["mean_rank"].isna().all()
    assert not report.complete
    assert [note for note in report.notes if "Diverged: planted" in note] == [
        "failed: t erm seeds 0-5: Diverged: planted",
        "failed: t m seeds 0-5: Diverged: planted",
    ]


def test_results_of_two_codes_are_marked_cell_by_cell(folder):
    changes = {("t", "patched", 3): {"code": {"hash": "h2", "core": "x", "method": "other"}}}
    changes |= {("t", "old"): {"code": {"hash": "h3", "core": "former", "method": "old"}}}
    report = build(folder({"t": {"erm": BASE, "patched": BASE, "old": BASE, "fine": BASE}}, changes))
    marks = report.tasks["t"].set_index("method")["marks"].to_dict()
    assert marks == {"erm": "", "patched": "mixed code", "old": "other code than the reference", "fine": ""}
    assert "t: this table mixes results of different code" in report.notes


def test_a_temperature_at_its_bound_is_marked(folder):
    changes = {("t", "m", s): {"temperature": {"value": 20.0, "at_bound": True}} for s in (1, 4)}
    rows = table(folder({"t": {"erm": BASE, "m": BASE}}, changes))
    assert rows.loc["m", "marks"] == "temperature at its bound in 2 of 10"


def test_the_margin_of_rmse_is_a_share_of_the_references(folder):
    base = 50 + 100 * NOISE[0]
    values = {"erm": base, "near": base - 2.0 + 60 * NOISE[1], "same": base + 60 * NOISE[1], "far": base + 4 + NOISE[2]}
    assert table(folder({"t": values}, regression=("t",)))["verdict"].to_dict() == {
        "erm": "reference",
        "near": "better",
        "same": "tie",
        "far": "worse",
    }


def test_the_matrix_may_set_another_margin(folder):
    values = {"t": {"erm": BASE, "m": BASE + 0.03 + NOISE[0] / 10}}
    for margin, within in ((None, "true"), (0.01, "false"), (0.05, "true"), ("50%", "true"), (0.001, "false")):
        row = table(folder(values, margin=margin)).loc["m"]
        assert (row["verdict"], row["within_margin"]) == ("worse", within)


def test_a_metric_that_some_seeds_lack_is_never_averaged(folder):
    both = {"metrics": {"error": 0.2, "nll": 1.0, "error@fgsm": 0.5}}
    changes = {("t", "erm"): both} | {("t", "m", s): both for s in range(9)}
    rows = table(folder({"t": {"erm": BASE, "m": [*[0.2] * 10]}}, changes))
    assert rows.loc["erm", "error@fgsm"] == 0.5
    assert np.isnan(rows.loc["m", "error@fgsm"])
    assert rows.loc["m", "mean"] == 0.2


def test_means_and_paired_differences_are_scipys(board):
    table = build(board).tasks["a"].set_index("method")
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


def test_equal_means_share_the_lower_rank(board):
    table = build(board).tasks["a"].set_index("method")
    assert table["rank"].to_dict() == {"mixup(batch=2)": 1, "mixup": 2, "twin": 2, "erm": 4}


def test_an_incomplete_cell_is_marked_and_never_averaged(board):
    report = build(board)
    b, c = (report.tasks[t].set_index("method") for t in "bc")
    assert (b.loc["mixup", "status"], b.loc["mixup", "n"]) == ("failed", 2)
    assert (c.loc["mixup(batch=2)", "status"], c.loc["mixup(batch=2)", "n"]) == ("incomplete", 2)
    assert (c.loc["cutmix", "status"], c.loc["cutmix", "verdict"]) == ("skipped", "skipped")
    for row in (b.loc["mixup"], c.loc["mixup(batch=2)"], c.loc["cutmix"]):
        assert row[["rank", "mean", "std", "diff", "diff_low", "least_effect", "nll", "seconds"]].isna().all()
        assert row["verdict"] in ("undecided", "skipped")
    assert "failed: b mixup seed 1: planted" in report.notes
    assert "skipped: cutmix (planted): c" in report.notes


def test_a_cell_of_different_code_is_mixed(folder):
    results = load_results(folder({"t": {"erm": BASE, "m": BASE}}, {("t", "m", 4): {"code": {"hash": "other"}}}))
    shown = results.manifest.tasks["t"]
    assert is_mixed(results.cell(shown, "m"))
    assert not is_mixed(results.cell(shown, "erm"))
    assert list(task_table(results, shown)["method"]) == ["erm", "m"]


def test_the_training_error_is_shown_where_every_run_has_it(folder):
    changes = {("t", "erm"): {"train_error": 0.25}} | {("t", "m", s): {"train_error": 0.5} for s in range(9)}
    rows = table(folder({"t": {"erm": BASE, "m": BASE}}, changes))
    assert rows.loc["erm", "train_error"] == 0.25
    assert np.isnan(rows.loc["m", "train_error"])
