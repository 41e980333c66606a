"""What a reader of the tables must know, in sentences."""

import json

import numpy as np
import pytest
from support.board import a_record, the_method
from support.board import the_task as board_task
from support.folders import BASE, NOISE

from mixsuite.evaluation import scores
from mixsuite.experiment.spec import RunSpec
from mixsuite.report.caveats import _TEMPERATURE_FROM, notes
from mixsuite.report.leaderboard import build, make_report
from mixsuite.results.reading import load_results
from mixsuite.results.record import Record
from mixsuite.results.record_files import RecordWriter


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
    assert (
        "no interval for new rows, since the test part is official and the losses of its rows are not kept: official"
        in report.notes
    )
    assert "no interval for new rows, since the test part is larger than the training part: large" in report.notes
    assert "no interval for new rows, since the records do not say how the split was made: old" in report.notes


def test_tables_whose_seeds_are_barely_enough_are_said(folder):
    many = {"erm": BASE} | {f"m{i}": BASE - 0.1 * NOISE[i % 4] for i in range(13)}
    few = {"erm": BASE, "m0": BASE}
    report = build(folder({"many": many, "few": few}))
    (note,) = (n for n in report.notes if "every seed shows it" in n)
    assert note.endswith("find more): many")


def test_records_of_other_cells_are_counted_and_mixed_code_is_said(board):
    with RecordWriter(board) as writer:
        other = RunSpec(board_task("z"), the_method("erm"), 0)
        writer.append("z", a_record(other, 0.5))
        again = a_record(RunSpec(board_task("a"), the_method("erm"), 0), 0.3)
        writer.append("a", Record(**{**again.__dict__, "code": {"hash": "erm", "core": "another"}}))
    found = make_report(load_results(board), board).notes
    assert any(n.startswith("1 records of other cells") for n in found)
    assert "a: this table mixes results of different code" in found
    assert not any(n.startswith("c: this table mixes") for n in found)


def said(out):
    results = load_results(out)
    return notes(results, make_report(results, out).tasks)


def test_results_that_disagree_are_named(board):
    task, erm = board_task("a"), the_method("erm")
    with RecordWriter(board) as writer:
        for seed, value in ((0, 0.3), (1, 0.25), (2, 0.45)):  # the first is as it was
            writer.append("a", a_record(RunSpec(task, erm, seed), value))
    results = load_results(board)
    assert results.conflicts == (("a", "erm", 1), ("a", "erm", 2))
    (note,) = (n for n in make_report(results, board).notes if "disagree" in n)
    assert note.startswith("two results of the same code, data and machine, or of the same place in folders that")
    assert "disagree (a, erm, seed 1, and 1 more)" in note
    assert results.only([RunSpec(task, erm, 0)]).conflicts == ()


def test_runs_without_a_checksum_are_counted(board):
    assert not any("no checksum" in line for line in notes(load_results(board), {}))
    for path in (board / "records").glob("*.jsonl"):
        values = [json.loads(line) for line in path.read_text().splitlines()]
        for value in values:
            del value["checksum"], value["sequence"]
        path.write_text("".join(json.dumps(value) + "\n" for value in values))
    results = load_results(board)
    count = sum(map(len, results.cells.values()))
    assert f"{count} runs bear no checksum (an earlier version wrote them)" in "\n".join(notes(results, {}))


def test_runs_of_another_executor_are_not_compared_in_seconds(folder):
    changes = {("t", "erm"): {"executor": {"kind": "lockstep"}}, ("t", "m"): {"executor": {"kind": "loop"}}}
    text = "seconds are not to be compared with the reference's: another executor trained m (loop, not lockstep): t"
    assert text in said(folder({"t": {"erm": BASE, "m": BASE}}, changes))


def test_skipped_cells_are_gathered_by_reason(folder):
    changes = {(t, "m"): {"status": "skipped", "reason": "for images", "metrics": {}} for t in "tu"}
    assert "skipped: m (for images): t, u" in said(folder({t: {"erm": BASE, "m": BASE} for t in "tu"}, changes))


def test_failures_that_say_the_same_are_one_line_and_many_are_cut(folder):
    failing = {f"m{i}": [None] * 6 for i in range(22)}
    lines = [line for line in said(folder({"t": {"erm": BASE[:6]} | failing})) if line.startswith("failed")]
    assert lines[0] == "failed: t m0 seeds 0-5: Diverged: planted"
    assert (len(lines), lines[-1]) == (21, "failed: 2 more")


def test_a_probe_that_failed_is_told_with_how_often(folder):
    bad = {"fgsm": {"code": "c", "status": "failed", "reason": "no gradient"}}
    changes = {("t", "m", seed): {"probes": bad} for seed in (1, 2, 5)}
    assert "fgsm could not be measured on t: no gradient (3 runs)" in said(
        folder({"t": {"erm": BASE, "m": BASE}}, changes)
    )


def test_where_all_is_well_only_the_false_alarms_are_told(folder):
    (line,) = said(folder({"t": {"erm": BASE, "m": BASE - 0.1 + NOISE[0]}}))
    assert line.startswith("1 better or worse in 1 table; were all methods alike")


def test_a_temperature_that_was_not_fitted_is_told(folder):
    few = {"parts": {"train": 70, "valid": 50, "test": 30}}
    fitted = few | {"metrics": {"error": 0.3, "nll_scaled": 1.0}}
    values = {"few": {"erm": BASE}, "none": {"erm": BASE}, "old": {"erm": BASE}}
    told = build(folder(values, {("few", "erm"): few, ("old", "erm"): fitted})).notes
    assert "no temperature is fitted on fewer than 200 validation rows: few" in told
    assert _TEMPERATURE_FROM == scores.TEMPERATURE_FROM


def test_a_verdict_on_strongly_skewed_differences_is_named(folder):
    lone = [*(np.array(BASE)[:9] - 0.02), BASE[9] - 0.3]
    even = np.array(BASE) - 0.05 + NOISE[0]
    told = "\n".join(build(folder({"t": {"erm": BASE, "lone": lone, "even": even}})).notes)
    assert "strongly skewed, so these verdicts are less sure than their p: lone on t" in told
    assert "even on t" not in told
