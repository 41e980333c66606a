"""What tables take from records: outcomes, and cells with what they come to."""

import pytest
from support.folders import BASE, record, the_task, write_folder

from mixsuite.errors import InputError
from mixsuite.experiment.spec import MethodSpec, RunSpec
from mixsuite.plugins.entry import Call
from mixsuite.results.reading import Cell, load_results
from mixsuite.results.record_files import RecordWriter


def test_an_outcome_has_what_a_table_needs_of_a_record(tmp_path):
    changes = {
        ("t", "m"): {
            "code": {"hash": "h", "core": "x", "method": "m", "dataset": "d"},
            "digests": {"data": "abc", "split": "def", "weights": "ghi"},
            "executor": {"kind": "lockstep", "block": 4},
            "temperature": {"value": 20.0, "at_bound": True},
            "peak_memory": 10,
            "probes": {
                "fgsm": {"code": "c", "status": "failed", "reason": "planted"},
                "blur": {"code": "c", "status": "skipped", "reason": "for images"},
            },
        }
    }
    results = load_results(write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE}}, changes))
    outcome = results.cells["t", "m"][3]
    assert (outcome.status, outcome.metrics) == ("ok", {"error": BASE[3]})
    assert outcome.costs == {"seconds": 1.0, "steps": 100, "rows_per_step": 8.0, "peak_memory": 10}
    assert outcome.test_train_ratio == pytest.approx(30 / 70)
    assert (outcome.data, outcome.rows, outcome.executor, outcome.at_bound) == ("abc", "def", "lockstep", True)
    assert outcome.probes == {"fgsm": "planted"}
    assert outcome.code == "h"
    assert outcome.common == repr([("core", "x"), ("dataset", "d")])


def test_of_a_failed_run_the_first_line_is_kept_and_no_metric(tmp_path):
    results = load_results(write_folder(tmp_path, {"t": {"erm": [None, *BASE[1:]]}}))
    outcome = results.cells["t", "erm"][0]
    assert (outcome.status, outcome.reason, outcome.metrics) == ("failed", "Diverged: planted", {})


def test_the_status_of_a_cell(tmp_path):
    skipped = {("t", "skip"): {"status": "skipped", "metrics": {}}}
    values = {"erm": BASE, "failing": [None, *BASE[1:]], "short": BASE[:3], "skip": BASE, "gone": ["absent"] * 10}
    results = load_results(write_folder(tmp_path, {"t": values}, skipped))
    task = results.manifest.tasks["t"]
    status = {name: results.cell(task, name).status for name in values}
    assert status == {"erm": "ok", "failing": "failed", "short": "incomplete", "skip": "skipped", "gone": "incomplete"}
    erm = results.cell(task, "erm")
    assert (erm.wanted, erm.values) == (10, dict(enumerate(BASE)))
    assert results.cell(task, "failing").values == dict(enumerate(BASE[1:], 1))


def test_metrics_and_costs_are_of_all_runs_or_none(tmp_path):
    changes = {("t", "m", 2): {"seconds": None, "metrics": {"error": 0.5}}}
    changes |= {("t", "m", s): {"metrics": {"error": 0.5, "nll": 1.0}} for s in range(10) if s != 2}
    results = load_results(write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE}}, changes))
    cell = results.cell(results.manifest.tasks["t"], "m")
    assert cell.metric("error") == [0.5] * 10
    assert cell.metric("nll") is None
    assert cell.cost("seconds") == []
    assert cell.cost("steps") == [100] * 10
    assert cell.rows == 800
    assert Cell(3, {}, "error").rows != Cell(3, {}, "error").rows  # nan


def test_only_some_runs_are_the_same_folder_of_these_alone(tmp_path):
    results = load_results(write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE}, "u": {"erm": BASE}}))
    runs = [run for run in results.manifest.runs() if run.task.name == "t" and run.method.name == "m" and run.seed < 2]
    some = results.only(runs)
    assert list(some.manifest.tasks) == ["t"]
    assert {key: sorted(cell) for key, cell in some.cells.items()} == {("t", "m"): [0, 1]}
    assert some.manifest.cells == {("t", "m"): {0, 1}}
    assert some.cell(some.manifest.tasks["t"], "m").wanted == 2
    assert results.cell(results.manifest.tasks["t"], "m").wanted == 10


def test_records_of_no_cell_shown_are_counted(tmp_path):
    out = write_folder(tmp_path, {"t": {"erm": BASE}})
    with RecordWriter(out) as writer:
        writer.append("z", record(RunSpec(the_task("z"), MethodSpec("erm", Call("erm")), 0), 0.5))
    assert load_results(out).others == 1


def test_an_ok_run_without_its_primary_metric_is_refused_by_name(tmp_path):
    out = write_folder(tmp_path, {"t": {"erm": BASE}}, {("t", "erm", 4): {"metrics": {"nll": 1.0}}})
    with pytest.raises(InputError, match=r"run \w{16} \(t, erm, seed 4\) has no error"):
        load_results(out)
