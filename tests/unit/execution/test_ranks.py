"""Runs whose rows two processes share, through a worker: interrupted, killed in the middle, refused."""

import os
import signal
import time
from dataclasses import replace

import pytest
from support.blocks import train_block

from mixsuite.execution import ranks
from mixsuite.execution.checkpoint_file import CheckpointFile
from mixsuite.execution.messages import BlockResult, Paused
from mixsuite.execution.worker import Worker
from mixsuite.training import checkpoint


@pytest.fixture
def shared(tiny):
    """A matrix whose recipe asks for two devices."""
    tiny.write_text(tiny.read_text().replace("batch = 8", "batch = 8\ndevices = 2"))
    return tiny


def same(one, other):
    kept = ("status", "metrics", "digests", "curve", "executor")
    assert [getattr(one, name) for name in kept] == [getattr(other, name) for name in kept]


def test_a_block_of_one_device_has_no_ranks(tiny):
    with ranks.joined(train_block(tiny, "mixup")) as together:
        assert together.ranks is None
        assert together.death() == ""


@pytest.mark.slow
def test_a_rank_that_is_killed_fails_the_run_which_goes_on_from_its_checkpoint(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "APART", 4)
    monkeypatch.setattr(CheckpointFile, "due", lambda self: True)
    started, popen, keep = [], ranks.subprocess.Popen, CheckpointFile.keep
    monkeypatch.setattr(
        ranks.subprocess, "Popen", lambda *given, **how: started.append(popen(*given, **how)) or started[-1]
    )
    block = train_block(shared, "mixup")
    (whole,) = Worker().execute(block).results
    assert (whole.status, whole.executor["devices"]) == ("ok", 2)
    assert len(started) == 1

    def kill(self, state):
        keep(self, state)
        os.kill(started[-1].pid, signal.SIGKILL)
        time.sleep(0.5)

    block = replace(block, checkpoints=tmp_path)
    with monkeypatch.context() as planted:
        planted.setattr(CheckpointFile, "keep", kill)
        (result,) = Worker().execute(block).results
    assert result.status == "failed"
    assert "rank 1 of 2 died: exit status -9" in result.reason
    assert [path.name for path in tmp_path.glob("*.pt")] == [block.checkpoint_of(block.runs[0]).name]
    monkeypatch.setattr(CheckpointFile, "keep", keep)
    (again,) = Worker().execute(block).results
    same(again, whole)

    stopped = replace(block, checkpoints=tmp_path / "stopped", until=time.time())
    answers = [Worker().execute(stopped) for _ in range(3)]
    assert answers[0] == Paused()
    same(next(answer for answer in answers if isinstance(answer, BlockResult)).results[0], whole)
    assert all(process.poll() is not None for process in started)


@pytest.mark.slow
def test_what_a_method_raises_is_the_runs_own_and_no_rank_is_blamed(shared, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(
        "from mixsuite.mixing import Method\n\n\nclass Faulty(Method):\n    def plan(self, batch, rng):\n"
        "        raise RuntimeError('planted')\n"
    )
    (result,) = Worker().execute(train_block(shared, str(path))).results
    assert result.reason.startswith("RuntimeError: planted")


def test_the_other_ranks_keep_no_checkpoint(tmp_path):
    followed = ranks.Followed(CheckpointFile(tmp_path / "run.pt", until=0.0))
    followed.keep({})
    assert (followed.due(), followed.name, followed.load("cpu")) == (False, str(tmp_path / "run.pt"), None)


@pytest.mark.slow
def test_a_rank_that_dies_before_they_meet_fails_the_run(shared, monkeypatch):
    monkeypatch.setattr(ranks, "_MAIN", "import sys; sys.exit('planted')")
    (result,) = Worker().execute(train_block(shared, "mixup")).results
    assert result.status == "failed"
    assert "rank 1 of 2 died: exit status 1\n\nplanted" in result.reason


@pytest.mark.slow
def test_what_went_wrong_on_another_rank_alone_is_told(shared, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(
        "import os\n\nfrom mixsuite.mixing import Method, Plan\n\n\nclass Faulty(Method):\n"
        "    def plan(self, batch, rng):\n"
        "        if batch.step == 3 and 'PYTEST_CURRENT_TEST' not in os.environ:\n"
        "            raise RuntimeError('planted')\n"
        "        share = batch.y * 0.0 + 1\n"
        "        return Plan(partner=rng.permutation(len(batch.y)), wx=share, wy=share)\n"
    )
    monkey = pytest.MonkeyPatch()
    popen = ranks.subprocess.Popen
    clean = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
    monkey.setattr(ranks.subprocess, "Popen", lambda *given, **how: popen(*given, env=clean, **how))
    try:
        (result,) = Worker().execute(train_block(shared, str(path))).results
    finally:
        monkey.undo()
    assert "rank 1 of 2 died: exit status 1" in result.reason
    assert "RuntimeError: planted" in result.reason
