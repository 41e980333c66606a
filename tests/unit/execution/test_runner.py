"""A plan is carried out: every run leaves a record, and the folder remembers its cells."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from support.faulty import FAULTY
from support.pools import InProcess

from mixsuite.errors import InputError
from mixsuite.execution import runner
from mixsuite.execution.messages import Inspection, InspectTask
from mixsuite.execution.planning import Options, plan_call
from mixsuite.experiment.matrix import load_matrix
from mixsuite.results.manifest import load_manifest
from mixsuite.results.record_files import RecordWriter, read_records
from mixsuite.training import checkpoint

pytestmark = pytest.mark.usefixtures("in_process")
TASK = "iris(rows=20)@tiny"


@pytest.fixture
def plan(tiny, tmp_path):
    def make(methods=None, datasets=None, out=tmp_path / "out", **options):
        return plan_call(load_matrix(str(tiny)), Options(out, tmp_path, **options), methods, datasets)

    return make


def test_every_run_leaves_a_record_and_its_cell(plan, tmp_path):
    seen = []
    progress = runner.execute(plan(), lambda now: seen.append((now.title, now.done, now.running)))
    records, runs = read_records(tmp_path / "out"), plan().runs
    assert records.keys() == {run.id for run in runs}
    assert plan().todo == []
    assert {(r.status, r.names["task"], r.schema) for r in records.values()} == {("ok", TASK, 2)}
    assert {r.code["hash"] for r in records.values()} == {code.hash for code in plan().code.values()}
    assert {r.data for r in records.values()} == set(plan().data.values())
    assert all(list(records[run.id].spec) == list(run.canonical()) for run in runs)
    assert (progress.ok, progress.done, progress.total) == (4, 4, 4)
    assert (seen[0][1], seen[-1][1]) == (0, 4)
    assert {title for title, *_ in seen} == {"tiny: 1 tasks x 2 methods x 2 seeds; 4 of 4 runs to train"}
    assert load_manifest(tmp_path / "out").cells == {(TASK, m): {0, 1} for m in ("erm", "mixup")}


def test_what_is_done_is_not_trained_again_and_its_cells_are_remembered(plan, tmp_path):
    runner.execute(plan())
    (path,) = (tmp_path / "out" / "records").iterdir()
    before = path.read_bytes()
    (tmp_path / "out" / "matrix.toml").unlink()
    progress = runner.execute(plan())
    assert (progress.total, path.read_bytes()) == (0, before)
    assert len(load_manifest(tmp_path / "out").runs()) == 4


def test_runs_that_are_not_shown_leave_records_alone(plan, tmp_path):
    asked = plan()
    told = {run.id: {"chosen": 1} for run in asked.runs[:1]}
    runner.execute(replace(asked, shown=False, tuning=told))
    assert not (tmp_path / "out" / "matrix.toml").exists()
    records = read_records(tmp_path / "out")
    assert {run: record.tuning for run, record in records.items() if record.tuning} == told
    assert replace(asked, shown=False).title == "tiny: tuning; 4 of 4 runs to train"


def test_runs_of_one_name_and_of_other_settings_train_apart(plan, tmp_path):
    """In lockstep too, where the seeds of a cell train as one."""
    asked = plan(["mixup"], executor="lockstep")
    other = [
        replace(run, task=replace(run.task, recipe=tuple((k, 0.5 if k == "lr" else v) for k, v in run.task.recipe)))
        for run in asked.runs
    ]
    runner.execute(replace(asked, runs=[*asked.runs, *other], shown=False))
    records = read_records(tmp_path / "out")
    for run in other:
        alone = replace(asked, runs=[run], shown=False, options=replace(asked.options, out=tmp_path / run.id))
        runner.execute(alone)
        assert read_records(tmp_path / run.id)[run.id].metrics == records[run.id].metrics


def test_every_task_is_looked_at_whether_or_not_it_is_done(plan):
    runner.execute(plan())
    found = runner.inspect(plan(), InProcess())
    assert {task: look.parts for task, look in found.items()} == {TASK: {"train": 20, "valid": 20, "test": 45}}


def test_a_pool_that_is_kept_stays_open(plan):
    closed = []

    class Kept(InProcess):
        def __exit__(self, *_):
            closed.append(True)

    runner.execute(plan(), pool=nullcontext(Kept()))
    assert not closed


def test_a_run_that_fails_stops_nothing(plan, tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    progress = runner.execute(plan([f"{tmp_path / 'faulty.py'}(kind=error)", "mixup", "cutmix"]))
    assert (progress.ok, progress.failed, progress.skipped) == (4, 2, 2)
    records = read_records(tmp_path / "out").values()
    reasons = {r.reason.splitlines()[0].split(",")[0] for r in records if r.status == "failed"}
    assert reasons == {"RuntimeError: planted"}
    assert all(r.machine for r in records)


def test_bad_input_found_by_opening_the_data_writes_nothing(plan, tmp_path):
    with pytest.raises(InputError, match="Wine has 100 training rows at most"):
        runner.execute(plan(datasets=["wine(rows=500)@tiny"]))
    assert not (tmp_path / "out").exists()


def test_a_foreign_matrix_toml_is_refused_before_training(plan, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "matrix.toml").write_text("x = 1")
    with pytest.raises(InputError, match="not a matrix that mixsuite wrote"):
        runner.execute(plan())
    assert read_records(tmp_path / "out") == {}


def test_a_folder_that_another_call_writes_is_refused(plan, tmp_path):
    chosen = plan()
    with RecordWriter(tmp_path / "out"), pytest.raises(InputError, match="another run is writing there"):
        runner.execute(chosen)


def test_runs_that_another_call_has_done_meanwhile_are_left_out(plan, tmp_path):
    early = plan()
    runner.execute(plan(["erm"]))
    assert runner.execute(early).total == 2
    assert len(read_records(tmp_path / "out")) == 4


def test_seeds_of_a_cell_are_a_block_where_lockstep_suits(plan):
    chosen, suits = plan(["mixup", "mixup(length=2)"]), {TASK: Inspection("", 1.0, "lockstep")}
    size = chosen.experiment.parts_of[TASK].domain.block
    blocks = runner._blocks(chosen, suits, "cpu")
    assert [(b.runs[0].method.name, b.num_runs, b.executor, b.block) for b in blocks] == [
        (name, 2, "lockstep", size) for name in ("erm", "mixup", "mixup(length=2)")
    ]
    alone = runner._blocks(plan(executor="loop"), suits, "cpu")
    assert [(b.num_runs, b.executor) for b in alone] == [(1, "loop")] * 4
    assert {b.executor for b in runner._blocks(plan(), {TASK: Inspection()}, "cpu")} == {"loop"}


def test_the_tasks_with_the_longest_blocks_begin_first(plan):
    blocks = runner._blocks(plan(["erm", "mixup"]), {TASK: Inspection("", 1.0, "lockstep")}, "cpu")
    short, long = (
        replace(block, task=replace(block.task, name=name)) for block, name in zip(blocks, "ab", strict=True)
    )
    each = {run.id: seconds for block, seconds in ((short, 1.0), (long, 2.0)) for run in block.runs}
    assert runner._longest_first([short, long], each) == [long, short]
    assert runner._longest_first([short, long], dict.fromkeys(each, 1.0)) == [short, long]  # else as they stand


class NeverOver:
    """Time as the runner sees it: a call's is never up, so every training begins, and ends at its first checkpoint."""

    @staticmethod
    def time():
        return 0.0


def test_a_call_whose_time_is_up_goes_on_where_it_was_and_leaves_no_checkpoints(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "APART", 4)  # of 10 steps
    whole = plan(out=tmp_path / "whole")
    runner.execute(whole)
    monkeypatch.setattr(runner, "time", NeverOver)
    folder = tmp_path / "out" / "checkpoints"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            runner.execute(plan(stop_at=1.0))
        assert len(list(folder.iterdir())) == 2  # one a block
    runner.execute(plan(stop_at=1.0))
    assert not folder.exists()
    ours, theirs = read_records(tmp_path / "out"), read_records(tmp_path / "whole")
    assert ours.keys() == theirs.keys()
    assert all((r.metrics, r.curve) == (theirs[i].metrics, theirs[i].curve) for i, r in ours.items())


def test_a_call_whose_time_is_up_before_it_begins_trains_nothing(plan, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        runner.execute(plan(stop_at=0.0))
    assert read_records(tmp_path / "out") == {}


def test_checkpoints_of_other_code_are_named_and_left_alone(plan, tmp_path):
    asked = plan(["erm"])
    folder = tmp_path / "out" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / f"{asked.runs[0].id}-{'0' * 16}.pt").write_bytes(b"of other code")
    with pytest.warns(UserWarning, match="1 checkpoints in checkpoints/ are of other code or data"):
        runner.execute(asked)
    assert {record.status for record in read_records(tmp_path / "out").values()} == {"ok"}
    assert not folder.exists()  # the record stands


def test_a_method_that_cannot_be_stacked_goes_by_the_loop(plan, tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    blocks = runner._blocks(plan([str(tmp_path / "faulty.py")]), {TASK: Inspection("", 1.0, "lockstep")}, "cpu")
    assert {b.runs[0].method.name: b.executor for b in blocks} == {"erm": "lockstep", "faulty": "loop"}


def test_a_dry_run_counts_and_estimates(plan, tmp_path, monkeypatch):
    class Asked(InProcess):
        def map(self, work, started=None):
            for one in work:
                assert isinstance(one, InspectTask)  # nothing is trained
                yield one, Inspection("", 2.0)

    monkeypatch.setattr(runner, "Pool", Asked)
    cells, seconds = runner.dry_run(plan(workers=2))
    assert dict(cells) == {(TASK, m): 2 for m in ("erm", "mixup")}
    assert seconds == pytest.approx(4 * 2.0 / 2 + 3)
    assert not (tmp_path / "out").exists()


def test_the_pool_has_the_options_and_is_closed(plan):
    class Seen(InProcess):
        closed = False

        def __exit__(self, *_):
            self.closed = True

    pool = Seen()
    runner.execute(plan(workers=3, timeout=5.0), pool=pool)
    assert (pool.size, pool.timeout, pool.closed) == (3, 5.0, True)


def test_predictions_go_into_the_folder(plan, tmp_path):
    runner.execute(plan(save_predictions=True))
    names = {path.stem for path in (tmp_path / "out" / "predictions").iterdir()}
    assert names == {run.id for run in plan().runs}


def test_runs_whose_worker_is_lost_are_failed_records(plan, tmp_path):
    class Lost(InProcess):
        def map(self, work, *_):
            for one in work:
                yield one, one.lost("planted")

    assert runner.execute(plan(), pool=Lost()).failed == 4
    records = read_records(tmp_path / "out").values()
    assert {(r.status, r.reason, r.machine["device"]) for r in records} == {("failed", "planted", "cpu")}


def test_workers_are_as_many_as_cores_and_one_on_a_gpu(monkeypatch):
    usual = Options(Path("out"), Path())
    assert runner._num_workers(usual, "cuda", ()) == 1
    assert runner._num_workers(usual, "cuda", (0, 2)) == 2
    assert runner._num_workers(usual, "cuda", (0, 2), devices=2) == 1
    assert runner._num_workers(replace(usual, workers=5), "cuda", ()) == 5
    monkeypatch.setattr(runner, "devices_here", lambda device: {"cpu": 3}[device])
    assert runner._num_workers(usual, "cpu", ()) == 3
    assert runner._num_workers(usual, "cpu", (), devices=2) == 1
    assert runner._num_workers(usual, "cpu", (), devices=4) == 1  # the inspection of its task will refuse
