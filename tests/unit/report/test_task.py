"""What could fool a reader, end to end from records: seeds missing or too few, references that are not there,
results of other code, numbers that are none. Each has a stated outcome, never a wrong number."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixsuite.errors import InputError
from mixsuite.results.record import SCHEMA, Record, RecordWriter
from mixsuite.report.leaderboard import build
from mixsuite.report.power import seeds_needed
from mixsuite.results.reading import load_results
from mixsuite.stats.paired import effect_factor
from mixsuite.report.text import report_text
from mixsuite.results.manifest import Manifest
from mixsuite.plugins.entry import Call
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task

DRAWS = np.random.default_rng(3)
BASE = 0.3 + 0.05 * DRAWS.standard_normal(10)
NOISE = 0.01 * DRAWS.standard_normal((4, 10))
CONTROLS = ("mixup(length=2)", "mixup(batch=5)")


def the_task(name, classification=True):
    return Task(name, "tabular", Call(name), "r", (("lr", 0.1),), classification=classification)


def record(run, value, **changes):
    """An ok record of a value; a failed one of None."""
    task, method = run.task, run.method
    names = {"domain": task.domain, "dataset": task.name, "recipe": "r", "task": task.name, "method": method.name}
    given = {
        "schema": SCHEMA, "id": run.id, "names": names, "spec": run.canonical(), "status": "ok" if value is not None else "failed",
        "reason": "" if value is not None else "Diverged: planted\n\nTraceback", "code": {"hash": method.name, "core": "x", "method": method.name},
        "data": "", "time": "now", "metrics": {task.primary: value} if value is not None else {}, "seconds": 1.0, "steps": 100,
        "rows_per_step": 8.0, "parts": {"train": 70, "valid": 0, "test": 30}, "split": "drawn",
    }  # fmt: skip
    return Record(**{**given, **changes})


@pytest.fixture
def folder(tmp_path):
    """Make a results folder: folder({task: {method: values by seed}}, changes={(task, method, seed): {...}})."""

    def make(values, changes=None, margin=None, reference="erm", regression=()):
        shown = Manifest(reference, margin)
        with RecordWriter(tmp_path) as writer:
            for name, methods in values.items():
                for method, row in methods.items():
                    spec = MethodSpec(method, Call(method), control="compute" if method in CONTROLS else "")
                    runs = [RunSpec(the_task(name, name not in regression), spec, seed) for seed in range(len(row))]
                    shown.add(runs)
                    for run, value in zip(runs, row, strict=True):
                        if value != "absent":
                            given = changes or {}
                            extra = given.get((name, method), {}) | given.get((name, method, run.seed), {})
                            writer.append(name, record(run, value, **extra))
        shown.save(tmp_path)
        return tmp_path

    return make


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


def test_intervals_for_new_rows_only_where_the_split_is_drawn_and_the_test_part_is_not_larger(folder):
    good = {"erm": BASE, "m": BASE - 0.05 + NOISE[0]}
    changes = {("official", m): {"split": "official"} for m in good}
    changes |= {("large", m): {"parts": {"train": 30, "test": 70}} for m in good}
    changes |= {("old", m): {"split": ""} for m in good}
    out = folder(dict.fromkeys(("t", "official", "large", "old"), good), changes)
    report = build(out)
    assert report.tasks["t"].set_index("method").loc["m", "diff_low_new"] < -0.05
    for name in ("official", "large", "old"):
        assert report.tasks[name]["diff_low_new"].isna().all()
    assert "no interval for new rows, since the test part is official: official" in report.notes
    assert "no interval for new rows, since the test part is larger than the training part: large" in report.notes
    assert "no interval for new rows, since the records do not say how the split was made: old" in report.notes


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


def test_a_reference_that_is_missing_or_failed_leaves_no_verdicts_and_says_so(folder):
    values = {
        "none": {"m": BASE},
        "failed": {"erm": [None, *BASE[1:]], "m": BASE},
        "fine": {"erm": BASE, "m": BASE - 0.1},
    }
    report = build(folder(values))
    none, failed, fine = (report.tasks[name].set_index("method") for name in values)
    for rows in (none, failed):
        assert rows.loc["m", "verdict"] == "undecided"
        assert rows.loc["m", ["diff", "diff_low", "least_effect"]].isna().all()
        assert rows.loc["m", "mean"] == pytest.approx(BASE.mean())
    assert fine.loc["m", "verdict"] == "better"
    assert "none: the reference erm is not in this table, so there are no verdicts" in report.notes
    assert "failed: the reference erm is failed, so there are no verdicts" in report.notes


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
    values = {"erm": base, "near": base + 0.8 + 10 * NOISE[1], "far": base + 1.3 + 10 * NOISE[2]}
    assert table(folder({"t": values}, regression=("t",)))["verdict"].to_dict() == {
        "erm": "reference",
        "near": "tie",
        "far": "worse",
    }


def test_the_matrix_may_set_another_margin(folder):
    values = {"t": {"erm": BASE, "m": BASE + 0.03 + NOISE[0] / 10}}
    assert table(folder(values))["verdict"]["m"] == "worse"
    assert table(folder(values, margin=0.05))["verdict"]["m"] == "tie"


def test_a_metric_that_some_seeds_lack_is_never_averaged(folder):
    both = {"metrics": {"error": 0.2, "nll": 1.0, "error@fgsm": 0.5}}
    changes = {("t", "erm"): both} | {("t", "m", s): both for s in range(9)}
    rows = table(folder({"t": {"erm": BASE, "m": [*[0.2] * 10]}}, changes))
    assert rows.loc["erm", "error@fgsm"] == 0.5
    assert np.isnan(rows.loc["m", "error@fgsm"])
    assert rows.loc["m", "mean"] == 0.2


def test_costlier_methods_are_held_against_controls_of_their_cost_alone(folder):
    values = {
        "erm": BASE,
        "mixup": BASE - 0.02,
        "double": BASE - 0.06 + NOISE[0] / 10,
        "mixup(length=2)": BASE - 0.03,
        "mixup(batch=5)": BASE - 0.09,
        "dear": BASE,
    }
    changes = {("t", "double"): {"rows_per_step": 16.0}, ("t", "mixup(length=2)"): {"steps": 200}}
    changes |= {("t", "mixup(batch=5)"): {"rows_per_step": 40.0}, ("t", "dear"): {"rows_per_step": 800.0}}
    report = build(folder({"t": values}, changes))
    (row,) = report.equal_compute.to_dict("records")
    assert (row["method"], row["control"], row["rows"], row["control_rows"]) == (
        "double",
        "mixup(length=2)",
        1600,
        1600,
    )
    assert (row["verdict"], row["pairs"]) == ("better", 10)
    assert row["diff"] == pytest.approx(np.mean(values["double"] - values["mixup(length=2)"]))
    assert row["p_holm"] == row["p"] == 2 / 2**10
    assert (
        "dear costs more than the reference, and in 1 table no control that trains on more rows costs as much"
        in report.notes
    )


def test_verdicts_are_counted_over_tasks_and_false_ones_expected_are_said(folder):
    good = {"erm": BASE, "m": BASE - 0.05 + NOISE[0]}
    report = build(folder({f"t{i}": good for i in range(6)}))
    rows = report.overall.set_index("method")
    assert rows.loc["m", ["better", "tie", "worse", "undecided"]].tolist() == [6, 0, 0, 0]
    assert rows.loc["erm", ["better", "tie", "worse", "undecided"]].isna().all()
    assert rows.loc["m", ["mean_rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert rows.loc["m", ["ranked_over", "rank_scope"]].tolist() == [6, "tasks and seeds"]
    assert report.domains["tabular"]["rank_scope"].tolist() == ["tasks and seeds"] * 2
    assert any(
        note.startswith(
            "6 better or worse in 6 tables; were all methods alike, any at all would be expected in 0.3 tables"
        )
        for note in report.notes
    )


def test_fewer_than_five_tasks_are_these_tasks(folder):
    report = build(folder({"t": {"erm": BASE, "m": BASE}}))
    assert report.overall["rank_scope"].tolist() == ["these tasks"] * 2
    assert "ranked over 1 of 1; 95 % interval over these tasks" in report_text(report)


def test_a_methods_own_twin_is_a_control_for_it_alone(folder):
    """mixupe(eta=0) pays for a pass that adds nothing: it is no equal-compute control for others."""
    names = ("erm", "term", "term(weight=0)", "other")
    shown = Manifest("erm")
    out = folder({})
    with RecordWriter(out) as writer:
        for name in names:
            spec = MethodSpec(
                name, Call(name.split("(")[0], (("tag", name),)), control="twin" if "weight" in name else ""
            )
            for seed in range(10):
                run = RunSpec(the_task("t"), spec, seed)
                shown.add([run])
                writer.append("t", record(run, BASE[seed], rows_per_step=8.0 if name == "erm" else 16.0))
    shown.save(out)
    report = build(out)
    assert report.equal_compute[["method", "control"]].to_numpy().tolist() == [["term", "term(weight=0)"]]
    assert sum("no control that trains on more rows" in note for note in report.notes) == 2


def test_tables_whose_seeds_are_barely_enough_are_said(folder):
    many = {"erm": BASE} | {f"m{i}": BASE - 0.1 * NOISE[i % 4] for i in range(13)}
    few = {"erm": BASE, "m0": BASE}
    report = build(folder({"many": many, "few": few}))
    (note,) = (n for n in report.notes if "every seed shows it" in n)
    assert note.endswith("find more): many")


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


def test_power_says_how_many_seeds_an_effect_takes(folder, mixsuite):
    values = {"erm": BASE, "calm": BASE + NOISE[0] / 5, "wild": BASE + 3 * NOISE[1]}
    out = folder({"t": values, "r": {"erm": 50 + NOISE[0], "m": 50 + 90 * NOISE[1]}}, regression=("r",))
    rows = seeds_needed(load_results(out), 0.01).set_index("task")
    sds = sorted(np.std(np.array(values[m]) - BASE, ddof=1) for m in ("calm", "wild"))
    assert rows.loc["t", ["sd", "sd_largest", "methods"]].tolist() == pytest.approx([np.mean(sds), sds[1], 2])
    assert rows.loc["t", "largest_method"] == "wild"
    n = int(rows.loc["t", "seeds_largest"])
    assert effect_factor(n, 2) * sds[1] <= 0.01 * 1.001 < effect_factor(n - 1, 2) * sds[1] * 1.002
    assert rows.loc["r", "effect"] == pytest.approx(0.01 * np.mean(50 + NOISE[0]))
    said = mixsuite("power", "--effect", 0.01, "--out", out)
    assert said.status == 0
    assert f"  {n}  wild" in said.out
    assert "within the margin of a tie" in said.err
    assert "within the margin" not in mixsuite("power", "--effect", 0.05, "--out", out).err
    for wrong, text in (
        (["--effect", 0, "--out", out], "--effect 0.0: allowed"),
        (["--effect", 0.1, "--out", out / "x"], "no results there"),
    ):
        refused = mixsuite("power", *wrong)
        assert refused.status == 2
        assert text in refused.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 9}, r"t.jsonl, line 1: schema 9 is unknown \(readable: 1\)"),
        ({"metrics": {"error": float("nan")}}, "t.jsonl, line 1: .*no numbers"),
        ({"metrics": {"nll": 1.0}}, r"run \w{16} \(t, erm, seed 0\) has no error"),
        ({"probes": {"fgsm": {}}}, "t.jsonl, line 1: .*missing or wrong"),
    ],
)
def test_records_that_cannot_be_read_right_are_refused_by_name(folder, mixsuite, change, said):
    out = folder({"t": {"erm": BASE, "m": BASE}})
    path = out / "records" / "t.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | change), *rest]) + "\n")
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
