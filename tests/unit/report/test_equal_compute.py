"""Costlier methods against controls of their cost alone."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.folders import BASE, NOISE, record, the_task

from mixsuite.experiment.spec import MethodSpec, RunSpec
from mixsuite.plugins.entry import Call
from mixsuite.report.equal_compute import costlier_methods, equal_compute, same_compute, summary, time_ratio
from mixsuite.report.leaderboard import build
from mixsuite.results.manifest import Manifest
from mixsuite.results.reading import load_results
from mixsuite.results.record_files import RecordWriter


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


def test_equal_compute_is_within_a_quarter_either_way():
    assert same_compute(100, 100)
    assert same_compute(124, 100)
    assert same_compute(100, 124)
    assert not same_compute(126, 100)
    assert not same_compute(100, 126)


def test_over_tasks_the_verdicts_are_counted(folder):
    values = {"erm": BASE, "double": BASE - 0.06 + NOISE[0] / 10, "mixup(length=2)": BASE - 0.03}
    changes = {(t, m): {"steps": 200} for t in "tu" for m in ("double", "mixup(length=2)")}
    results = load_results(folder({"t": values, "u": values}, changes))
    assert costlier_methods(results, results.manifest.tasks["t"]) == {"double": ["mixup(length=2)"]}
    (row,) = summary(equal_compute(results)).to_dict("records")
    assert (row["method"], row["control"], row["tasks"], row["better"]) == ("double", "mixup(length=2)", 2, 2)


def test_without_the_reference_nothing_is_costlier(folder):
    results = load_results(folder({"t": {"m": BASE}}))
    assert costlier_methods(results, results.manifest.tasks["t"]) == {}
    assert len(equal_compute(results)) == 0


def cell(seconds, executor="loop"):
    """A cell of which nothing but time and executor is looked at."""
    runs = {s: SimpleNamespace(costs={"seconds": v} if v else {}, executor=executor) for s, v in seconds.items()}
    return SimpleNamespace(ok=runs)


def test_time_is_compared_seed_by_seed_where_one_executor_trained():
    method, control = cell({0: 3.0, 1: 8.0, 2: 5.0, 3: 9.0}), cell({0: 2.0, 1: 2.0, 2: 2.0, 7: 1.0})
    assert time_ratio(method, control) == 2.5  # of 1.5, 4 and 2.5
    assert np.isnan(time_ratio(method, cell({0: 2.0}, "lockstep")))
    assert np.isnan(time_ratio(method, cell({0: None})))
    assert np.isnan(time_ratio(method, cell({9: 2.0})))


def test_the_table_has_it_at_its_right(folder):
    values = {"erm": BASE, "double": BASE - 0.06, "mixup(length=2)": BASE - 0.03}
    changes = {("t", "double"): {"rows_per_step": 16.0, "seconds": 6.0}}
    changes |= {("t", "mixup(length=2)"): {"steps": 200, "seconds": 4.0}}
    table = build(folder({"t": values}, changes)).equal_compute
    assert table.columns[-1] == "time_ratio"
    assert table["time_ratio"].tolist() == [1.5]
