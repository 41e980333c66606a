"""What a worker answers, asked in this process."""

import os
import sys
import threading
import time
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest
import torch
from support.blocks import train_block
from support.faulty import FAULTY
from support.sources import INTRA_MIX
from support.toys import Toy

from mixsuite.data.digest import digest
from mixsuite.errors import InputError
from mixsuite.execution import execute
from mixsuite.execution import worker as module
from mixsuite.execution.messages import Beat, BlockResult, Inspection, InspectTask, Paused, Ready, RetryApart
from mixsuite.execution.worker import Worker, machine, serve
from mixsuite.experiment.build import make_probe
from mixsuite.experiment.code import code_of_evaluation
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve, resolve_probe
from mixsuite.results.row_files import read_row_losses
from mixsuite.stats.fold import Fold
from mixsuite.training import checkpoint


@pytest.fixture
def faulty(tiny, tmp_path):
    """faulty(kind): a block of one run of a method that goes wrong."""
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)
    return lambda kind: train_block(tiny, f"{path}(kind={kind})")


def inspect(matrix, **values):
    experiment = resolve(load_matrix(str(matrix)).model_copy(update=values))
    (task, *_) = experiment.tasks
    return Worker().execute(
        InspectTask(task, Path(), "cpu", experiment.parts_of[task.name].dataset.fingerprint(Path()))
    )


def test_a_task_that_can_be_run_says_how_long_and_by_what(tiny):
    found = inspect(tiny)
    assert (found.problem, found.executor) == ("", "lockstep")
    assert found.parts == {"train": 20, "valid": 20, "test": 45}
    assert found.seconds > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datasets": ("wine(rows=500)@tiny",)}, "rows=500: Wine has 100 training rows at most"),
        ({"batch": 64}, "iris(rows=20)@tiny: recipe's batch=64 is more than its 20 training rows"),
        ({"select": "best_validation", "datasets": ("NOT VALID@tiny",)}, "needs validation rows; this task has none"),
    ],
)
def test_a_task_that_cannot_says_why(tiny, tmp_path, change, said):
    if batch := change.pop("batch", None):
        tiny.write_text(tiny.read_text().replace("batch = 8", f"batch = {batch}"))
    if "select" in change:
        path = tmp_path / "bare.py"
        path.write_text(
            "from dataclasses import dataclass, field\nimport numpy as np\nimport pandas as pd\n"
            "from mixsuite.domains import Dataset, Raw\n\n"
            "@dataclass(frozen=True)\nclass Bare(Dataset):\n"
            "    valid: float = field(default=0.0, kw_only=True)\n    test: float = field(default=0.5, kw_only=True)\n"
            "    domain = 'tabular'\n    classes = 2\n    recipe = 'tiny'\n"
            "    def load(self, root):\n"
            "        return Raw(pd.DataFrame({'a': np.arange(60.0)}), np.arange(60) % 2)\n"
        )
        change["datasets"] = (f"{path}@tiny",)
    assert said in inspect(tiny, **change).problem


def test_a_task_that_fails_otherwise_leaves_it_to_its_runs(tiny, monkeypatch):
    monkeypatch.setattr(module, "open_task", lambda *given: 1 / 0)
    assert inspect(tiny) == Inspection()


def test_a_run_comes_back_with_all_that_a_record_needs(tiny):
    (result,) = Worker().execute(train_block(tiny, "mixup")).results
    assert (result.status, result.steps, result.split) == ("ok", 10, "drawn")
    assert set(result.digests) == {"data", "split", "init", "order", "draws", "plan", "weights"}
    assert {"error", "nll", "brier"} <= result.metrics.keys()
    assert result.parts["train"] == 20
    assert result.machine == machine("cpu")
    assert result.executor["deterministic"] is False
    assert result.parameters > 0


@pytest.mark.parametrize(("devices", "said"), [(3, "more than 2 here"), (9, "more than a batch of 8")])
def test_more_devices_than_there_are_are_refused_in_a_line(tiny, monkeypatch, devices, said):
    monkeypatch.setattr(module, "devices_here", lambda device: {"cpu": 2}[device])
    tiny.write_text(tiny.read_text().replace("batch = 8", f"batch = 8\ndevices = {devices}"))
    assert inspect(tiny).problem == f"iris(rows=20)@tiny: recipe's devices={devices}: {said} (--device cpu)"


@pytest.mark.parametrize("executor", ["loop", "lockstep"])
def test_a_training_whose_time_is_up_ends_at_its_checkpoint_and_goes_on_from_there(
    tiny, tmp_path, monkeypatch, executor
):
    monkeypatch.setattr(checkpoint, "APART", 4)
    block = train_block(tiny, "mixup", (0,) if executor == "loop" else (0, 1), executor=executor, block=4)
    whole = Worker().execute(block)
    parts = replace(block, checkpoints=tmp_path / "checkpoints", until=time.time())
    assert Worker().execute(parts) == Paused()
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [parts.checkpoint_of(parts.runs[0]).name]
    answers = [Worker().execute(replace(parts, until=time.time())) for _ in range(5)]
    assert answers[0] == Paused()
    ended = next(answer for answer in answers if isinstance(answer, BlockResult))
    for one, other in zip(ended.results, whole.results, strict=True):
        assert (one.status, one.metrics, one.digests, one.curve) == ("ok", other.metrics, other.digests, other.curve)


def test_a_checkpoint_that_was_damaged_fails_its_run_in_a_line(tiny, tmp_path, monkeypatch):
    block = replace(train_block(tiny, "mixup"), checkpoints=tmp_path)
    path = block.checkpoint_of(block.runs[0])
    path.write_bytes(b"no checkpoint")
    (result,) = Worker().execute(block).results
    assert (result.status, result.reason) == (
        "failed", f"{path}: damaged, or no checkpoint; remove it to begin anew",
    )  # fmt: skip


def test_seeds_side_by_side_are_the_seeds_alone(tiny):
    block = train_block(tiny, "mixup", (0, 1), executor="lockstep", block=2)
    together = Worker().execute(block)
    alone = [Worker().execute(part).results[0] for part in block.one_by_one()]
    assert [r.digests for r in together.results] == [r.digests for r in alone]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("error", "RuntimeError: planted"),
        ("quit", "SystemExit: bye"),
        ("own", "Own: no Exception"),
        ("nan", "Diverged"),
        ("plan", "wx must lie in [0, 1]"),
    ],
)
def test_what_goes_wrong_is_the_runs_own(faulty, kind, said):
    (result,) = Worker().execute(faulty(kind)).results
    assert (result.status, result.metrics) == ("failed", {})
    assert said in result.reason
    if kind == "error":
        assert "faulty.py, line 21" in result.reason.splitlines()[0]
        assert "Traceback" in result.reason


def test_a_method_that_does_not_apply_is_skipped(tiny):
    (result,) = Worker().execute(train_block(tiny, "cutmix")).results
    assert (result.status, result.reason) == ("skipped", "made for images, speech, not for tabular")


@pytest.mark.parametrize("error", [module.Unstackable, torch.OutOfMemoryError])
def test_what_cannot_be_trained_together_is_done_by_the_loop(tiny, monkeypatch, error):
    """What does not stack, and a block that the device does not hold."""
    real = module.train

    def unstackable(jobs, executor):
        if executor == "lockstep":
            raise error("planted")
        return real(jobs, executor)

    monkeypatch.setattr(module, "train", unstackable)
    block = train_block(tiny, "mixup", (0, 1), executor="lockstep", block=2)
    assert Worker().execute(block) == RetryApart("loop")
    (result,) = Worker().execute(replace(block, runs=block.runs[:1])).results
    assert (result.status, result.executor["kind"]) == ("ok", "loop")


def test_a_run_that_the_device_does_not_hold_alone_is_failed(tiny, monkeypatch):
    def full(jobs, executor):
        raise torch.OutOfMemoryError("planted")

    monkeypatch.setattr(module, "train", full)
    for executor in ("loop", "lockstep"):
        (result,) = Worker().execute(train_block(tiny, "mixup", executor=executor, block=2)).results
        assert (result.status, result.reason.splitlines()[0]) == ("failed", "OutOfMemoryError: planted")


def test_a_block_that_fails_as_a_whole_is_to_be_tried_run_by_run(tiny, monkeypatch):
    monkeypatch.setattr(module, "train", lambda jobs, executor: 1 / 0)
    block = train_block(tiny, "mixup", (0, 1))
    assert Worker().execute(block) == RetryApart()
    (result,) = Worker().execute(replace(block, runs=block.runs[:1])).results
    assert (result.status, result.reason.splitlines()[0]) == ("failed", "ZeroDivisionError: division by zero")


def test_a_source_that_was_changed_meanwhile_is_noticed(faulty, tmp_path):
    block = faulty("none")
    assert Worker().execute(block).results[0].status == "ok"
    path = tmp_path / "faulty.py"
    path.write_text(path.read_text() + "# edited\n")
    assert "was changed after the call began" in Worker().execute(block).results[0].reason


def test_a_probe_that_was_changed_meanwhile_is_noticed(tiny):
    block = replace(train_block(tiny, "mixup"), probes=((resolve_probe("noise"), "0" * 16),))
    assert "was changed after the call began" in Worker().execute(block).results[0].reason


def test_probes_are_further_metrics(tiny):
    probes = [resolve_probe(text) for text in ("noise(std=0.5)", "blur")]
    asked = tuple((probe, code_of_evaluation(make_probe(probe))) for probe in probes)
    block = train_block(tiny, "erm")
    (plain,), (result,) = (Worker().execute(one).results for one in (block, replace(block, probes=asked)))
    assert plain.metrics.items() <= result.metrics.items()
    assert {name for name in result.metrics if "@" in name} == {"error@noise(std=0.5)", "nll@noise(std=0.5)"}
    assert {name: p["status"] for name, p in result.probes.items()} == {"noise(std=0.5)": "ok", "blur": "skipped"}
    assert {name: p["code"] for name, p in result.probes.items()} == {p.name: code for p, code in asked}


def test_predictions_are_kept_where_asked(tiny, tmp_path):
    block = replace(train_block(tiny, "erm"), predictions=tmp_path / "predictions")
    (result,) = Worker().execute(block).results
    (path,) = (tmp_path / "predictions").iterdir()
    assert path.name == f"{block.runs[0].id}.npz"
    kept = np.load(path)
    assert np.mean(kept["out"].argmax(1) != kept["y"]) == result.metrics["error"]


def test_the_loss_of_each_test_row_is_kept_beside_the_records(tiny, tmp_path):
    block = replace(train_block(tiny, "erm"), out=tmp_path)
    (result,) = Worker().execute(block).results
    assert (tmp_path / result.rows_file).is_file()
    losses = read_row_losses(tmp_path, result.rows_file)
    assert (len(losses), np.mean(losses)) == (result.parts["test"], result.metrics["error"])
    (plain,) = Worker().execute(train_block(tiny, "erm")).results
    assert plain.rows_file == ""


def test_rows_are_read_once_while_they_are_among_the_last(monkeypatch):
    reads = []
    monkeypatch.setattr(Toy, "load", lambda self, root: reads.append(root) or len(reads))
    worker, roots = Worker(kept=2), [Path(name) for name in "abacba"]
    assert [worker.raw(Toy(), root, "") for root in roots] == [1, 2, 1, 3, 2, 4]


def test_a_loader_that_fails_is_bad_input_in_a_line(monkeypatch):
    monkeypatch.setattr(Toy, "load", lambda self, root: {}["x"])
    with pytest.raises(InputError, match="Toy: its rows cannot be read: KeyError: 'x'"):
        Worker().raw(Toy(), Path(), "")


def test_files_that_are_not_the_plans_are_refused_before_and_after_they_are_read(monkeypatch):
    now = ["planned"]
    monkeypatch.setattr(Toy, "fingerprint", lambda self, root: now[-1])
    monkeypatch.setattr(Toy, "load", lambda self, root: "rows")
    worker = Worker()
    assert worker.raw(Toy(), Path("a"), "planned") == "rows"
    now.append("other")
    assert worker.raw(Toy(), Path("a"), "planned") == "rows"  # those that were read
    with pytest.raises(InputError, match="Toy: its files were changed after the call began"):
        worker.raw(Toy(), Path("b"), "planned")
    with pytest.raises(InputError, match="changed"):
        worker.raw(Toy(), Path("a"), "another plan")
    monkeypatch.setattr(Toy, "load", lambda self, root: now.append("while it was read"))
    now.append("planned")
    with pytest.raises(InputError, match="changed"):
        worker.raw(Toy(), Path("c"), "planned")


def test_what_was_read_comes_back_with_the_results(tiny):
    assert Worker().execute(train_block(tiny, "mixup")).data_read == train_block(tiny, "mixup").data != ""


def test_rows_are_opened_once_for_runs_that_train_on_the_same(tiny, tmp_path, monkeypatch):
    opened, make = [], execute.make_data
    monkeypatch.setattr(execute, "make_data", lambda *given: opened.append(given[3:]) or make(*given))
    worker = Worker()

    def block(method, seed=0, fold=None, **recipe):
        made = train_block(tiny, method, (seed,))
        values = tuple((key, recipe.get(key, value)) for key, value in made.task.recipe)
        task = replace(made.task, fold=fold, recipe=values)
        return replace(made, task=task, runs=tuple(replace(run, task=task) for run in made.runs))

    first = worker.execute(block("mixup")).results[0]
    assert worker.execute(block("mixup")).results[0].digests == first.digests
    worker.execute(block("erm", lr=0.2))
    assert len(opened) == 1
    for other in (block("mixup", 1), block("mixup", 1, Fold(0, 5)), block("mixup", 1, Fold(1, 5))):
        worker.execute(other)
    worker.execute(block("mixup", 1, Fold(1, 5), precision="float64"))
    assert [seed for seed, *_ in opened] == [0, 1, 1, 1, 1]
    (tmp_path / "mine.py").write_text(INTRA_MIX)
    for method in (str(tmp_path / "mine.py"), str(tmp_path / "mine.py"), "erm"):  # it might write to what it is given
        worker.execute(block(method, 1, Fold(1, 5), precision="float64"))
    assert len(opened) == 8


def test_work_that_gets_on_says_so(tiny):
    beats = []
    worker = Worker(beat=beats.append)
    worker.execute(train_block(tiny, "mixup"))
    tenths = pytest.approx([step / 10 for step in range(1, 11)])
    assert (beats[0], beats[1:-1], beats[-1]) == (0.0, tenths, 1.0)
    beats.clear()
    worker.execute(train_block(tiny, "mixup", (0, 1), executor="lockstep", block=2))
    assert (beats[:2], beats[2:-2], beats[-2:]) == ([0.0, 0.0], tenths, [1.0, 1.0])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("torch.set_default_dtype(torch.float64)", "the default dtype"),
        ("torch.set_default_device('meta') if batch.progress > 0.8 else None", "the default device"),
        ("torch.set_grad_enabled(False) if batch.progress > 0.8 else None", "the gradient mode"),
        ("__import__('os').chdir('/')", "the working directory"),
    ],
)
def test_who_leaves_the_process_changed_fails_and_the_next_run_is_as_ever(tiny, tmp_path, monkeypatch, body, said):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "careless.py"
    path.write_text(INTRA_MIX.replace("y, n =", f"{body}\n        y, n ="))
    worker, block = Worker(), train_block(tiny, "mixup")
    (alone,) = worker.execute(block).results
    (result,) = worker.execute(train_block(tiny, str(path))).results
    assert result.status == "failed"
    if said != "the gradient mode":  # that one cannot be trained to its end
        assert result.reason == f"it leaves {said} changed; its code must put back what it changes"
    assert worker.execute(block).results[0].digests == alone.digests


def test_a_library_that_is_not_there_skips_its_runs(tiny, tmp_path):
    (tmp_path / "needy.py").write_text(
        "from dataclasses import dataclass\nfrom mixsuite.domains import Dataset\n\n"
        "@dataclass(frozen=True)\nclass Needy(Dataset):\n    '''Needs what is not there.'''\n"
        "    domain = 'tabular'\n    classes = 2\n    recipe = 'tiny'\n    requires = ('no_such_package',)\n"
        "    def load(self, root):\n        import no_such_package\n"
    )
    tiny.write_text(tiny.read_text().replace("iris(rows=20)@tiny", str(tmp_path / "needy.py")))
    (result,) = Worker().execute(train_block(tiny, "erm")).results
    assert result.status == "skipped"
    assert result.reason.endswith("install it: pip install no_such_package")


def test_the_machine_is_told_as_far_as_a_result_depends_on_it():
    found = machine("cpu")
    assert (found["device"], found["threads"]) == ("cpu", torch.get_num_threads())
    assert found["python"] == sys.version.split()[0]
    assert found.keys() == {"device", "system", "processor", "python", "threads", "cpu"}


_OPEN = []  # ends of pipes: where one closes, the process that serves its other end goes


def test_a_worker_answers_through_its_pipe_under_the_works_number(tiny):
    ours, theirs = Pipe()
    _OPEN.append(ours)
    threading.Thread(target=serve, args=(theirs,), daemon=True).start()
    assert ours.recv() == (0, Ready(os.getpid()))
    ours.send((7, train_block(tiny, "mixup")))
    number, answer = ours.recv()
    while answer == Beat():
        assert number == 7
        number, answer = ours.recv()
    assert number == 7
    assert isinstance(answer, BlockResult)
    assert answer.results[0].status == "ok"


def test_weights_are_kept_where_asked(tiny, tmp_path):
    block = replace(train_block(tiny, "erm"), weights=tmp_path / "weights")
    (result,) = Worker().execute(block).results
    kept = torch.load(tmp_path / "weights" / f"{block.runs[0].id}.pt", weights_only=True)
    assert sum(value.numel() for value in kept.values()) == result.parameters
    assert digest(*kept.values()) == result.digests["weights"]
