"""The plan of a call: what is still to do, and what is taken as done."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.folders import record
from support.sources import INTRA_MIX

from mixsuite.errors import InputError
from mixsuite.execution.planning import Options, costs, plan_call, reuse
from mixsuite.experiment.matrix import load_matrix
from mixsuite.results.record_files import RecordWriter, read_records
from mixsuite.results.row_files import write_row_file


@pytest.fixture
def plan(tiny, tmp_path):
    """plan(**options) of tiny.toml on the folder tmp/out."""

    def make(methods=None, out="out", probes=(), **options):
        matrix = load_matrix(str(tiny)).model_copy(update={"probes": probes})
        return plan_call(matrix, Options(tmp_path / out, tmp_path, **options), methods)

    return make


def write(plan, changes=None, out=None):
    """An ok record of every run of a plan; changes: (method, seed) -> other values."""
    with RecordWriter(out or plan.options.out) as writer:
        for run in plan.runs:
            usual = {"code": plan.code[run.task.name, run.method.name].parts, "data": plan.data[run.task.name]}
            names = {"domain": "tabular", "dataset": "iris", "recipe": "tiny", "task": run.task.name}
            usual |= {"names": names | {"method": run.method.name}}
            given = usual | (changes or {}).get((run.method.name, run.seed), {})
            writer.append("iris", record(run, 0.25, **given))


def left(plan):
    return [(run.method.name, run.seed) for run in plan.todo]


def test_all_is_to_do_and_nothing_is_written(plan, tmp_path):
    first = plan()
    assert left(first) == [("erm", 0), ("mixup", 0), ("erm", 1), ("mixup", 1)]
    assert first.title == "tiny: 1 tasks x 2 methods x 2 seeds; 4 of 4 runs to train"
    assert not (tmp_path / "out").exists()
    assert {task for task, _ in first.code} == set(first.data) == {"iris(rows=20)@tiny"}


def test_what_has_a_record_of_this_code_and_these_data_is_done(plan):
    write(plan())
    assert plan().todo == []
    assert left(plan(rerun="always")) == left(plan(out="other"))


def test_records_of_other_code_are_done_only_if_accepted(plan):
    write(plan(), {("mixup", 1): {"code": {"hash": "0" * 16}}})
    assert left(plan()) == [("mixup", 1)]
    assert left(plan(accept_old=True)) == []


def test_records_of_other_data_are_never_done(plan):
    write(plan(), {("mixup", 1): {"data": "other"}})
    assert left(plan(accept_old=True)) == [("mixup", 1)]


def test_failed_runs_are_tried_again_when_asked(plan):
    write(plan(), {("erm", 0): {"status": "failed"}, ("erm", 1): {"status": "skipped"}})
    assert left(plan()) == []
    assert left(plan(rerun="failed")) == [("erm", 0)]


def test_a_probe_that_is_new_changed_or_failed_means_a_new_training(plan):
    asked = plan(probes=("blur", "noise"))
    whole = {name: {"code": code, "status": "ok", "reason": ""} for name, code in asked.evaluations.items()}
    bad = whole | {"noise": whole["noise"] | {"status": "failed"}}
    changed = whole | {"noise": whole["noise"] | {"code": "other"}}
    probes = {("erm", 0): whole, ("mixup", 0): bad, ("erm", 1): changed, ("mixup", 1): {"blur": whole["blur"]}}
    write(asked, {run: {"probes": found} for run, found in probes.items()})
    assert left(plan(probes=("blur", "noise"))) == [("erm", 1), ("mixup", 1)]
    assert left(plan(probes=("blur", "noise"), accept_old=True)) == [("mixup", 1)]
    assert left(plan(probes=("blur", "noise"), rerun="failed")) == [("mixup", 0), ("erm", 1), ("mixup", 1)]
    assert left(plan(probes=("blur",))) == []
    assert left(plan()) == []


def test_an_edited_method_is_another_code(plan, tmp_path):
    path = tmp_path / "intra_mix.py"
    path.write_text(INTRA_MIX)
    write(plan([str(path)]))
    assert plan([str(path)]).todo == []
    path.write_text(INTRA_MIX.replace("self.alpha, n)", "1.0, n)"))
    assert left(plan([str(path)])) == [("intra_mix", 0), ("intra_mix", 1)]


def test_records_of_other_folders_are_taken_over_unless_they_failed(plan, tmp_path):
    there = tmp_path / "there"
    write(plan(), {("erm", 0): {"status": "failed"}, ("mixup", 0): {"code": {"hash": "former"}}}, there)
    before = {path: path.read_bytes() for path in there.rglob("*.jsonl")}
    found = reuse([tmp_path / "none", there, tmp_path / "out"], plan())
    assert left(found) == [("erm", 0), ("mixup", 0)]
    assert len(read_records(tmp_path / "out")) == 2
    assert {path: path.read_bytes() for path in there.rglob("*.jsonl")} == before
    again = reuse([there], plan())
    assert len((tmp_path / "out" / "records" / "iris-rows=20--tiny.jsonl").read_text().splitlines()) == 2
    assert left(again) == left(found)


def test_the_losses_of_test_rows_go_with_their_record(plan, tmp_path):
    there = tmp_path / "there"
    name = write_row_file(there, "0" * 16, {"loss": np.ones(3, dtype=np.float32)})
    write(plan(), {("mixup", 1): {"rows_file": name}}, there)
    reuse([there], plan())
    assert (tmp_path / "out" / name).read_bytes() == (there / name).read_bytes()


def test_a_runs_cost_is_of_past_runs_else_a_rough_time(plan):
    fresh = plan(["mixup", "mixup(length=3)"])
    task = fresh.runs[0].task.name
    assert sorted(costs(fresh, {task: 2.0}).values()) == [2.0] * 4 + [6.0] * 2
    write(plan(), {(m, s): {"seconds": took} for m, took in (("erm", 5.0), ("mixup", 7.0)) for s in (0, 1)})
    known = plan(["mixup(length=3)"])
    assert left(known) == [("mixup(length=3)", 0), ("mixup(length=3)", 1)]
    assert costs(known, {task: 2.0}) == dict.fromkeys((run.id for run in known.todo), pytest.approx(6.0))


def test_a_call_about_nothing_is_refused(tiny, tmp_path):
    with pytest.raises(InputError, match="no cell is left to run"):
        plan_call(load_matrix(str(tiny)), Options(tmp_path / "out", tmp_path), datasets=[])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "gpu"}, r"unknown device 'gpu' \(allowed: auto, cpu, cuda, or cards by number, as cuda:0,1\)"),
        ({"device": "cuda:"}, "unknown device 'cuda:'"),
        ({"device": "cuda:1,1"}, "device 'cuda:1,1' names a card twice"),
        ({"executor": "lockstp"}, "unknown executor 'lockstp'; did you mean 'lockstep'"),
        ({"rerun": "allways"}, "unknown rerun 'allways'; did you mean 'always'"),
        ({"workers": 0}, "workers=0: allowed is 1 to 1024"),
        ({"workers": 2000}, "workers=2000"),
        ({"timeout": 0.0}, "timeout=0.0"),
        ({"timeout": float("nan")}, "timeout=nan"),
    ],
)
def test_options_that_cannot_be_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        Options(Path("out"), Path(), **options)


@pytest.mark.parametrize("name", ["runs.csv", "matrix.toml", "leaderboard", "records"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path, name):
    if "." in name:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"{name} there is not what mixsuite writes"):
        Options(tmp_path, tmp_path)


def test_another_call_may_have_ended_since(plan):
    early = plan()
    write(replace(early, runs=early.runs[:1]))
    assert len(early.todo) == 4
    assert len(early.refreshed().todo) == 3
