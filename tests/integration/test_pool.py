"""The pool: a worker that dies or overruns costs its own run alone, and the pool lives on."""

import os
import signal
import time
from dataclasses import replace

import pytest
from support.blocks import train_block
from support.faulty import FAULTY
from support.processes import marked
from support.sources import INTRA_MIX

from mixsuite.execution.forkserver import ForkServer
from mixsuite.execution.messages import TrainBlock
from mixsuite.execution.pool import Pool


def carried_out(pool, blocks):
    """(block, what its one run came to) of each."""
    for block, answer in pool.map(blocks):
        yield block, answer.results[0]


def kind_of(block):
    return dict(block.runs[0].method.call.params)["kind"]


@pytest.fixture
def blocks(tiny, tmp_path):
    """Blocks of one tiny run of the faulty method, by kind of fault."""
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)

    def make(*kinds: str) -> list[TrainBlock]:
        return [train_block(tiny, f"{path}(kind={kind})") for kind in kinds]

    return make


@pytest.mark.long
def test_each_fault_costs_its_own_run_alone(blocks):
    kinds = ["none", "exit", "error", "kill", "nan", "plan", "hang", "orphan", "none"]
    with Pool(2, timeout=15.0) as pool:
        ended = [(kind_of(block), result) for block, result in carried_out(pool, blocks(*kinds))]
    results = dict(ended)
    assert len(ended) == len(kinds)
    assert {kind for kind, result in results.items() if result.status == "ok"} == {"none"}
    assert "exit status 9" in results["exit"].reason
    assert "signal 9 (SIGKILL)" in results["kill"].reason
    assert "exit status 7" in results["orphan"].reason
    assert results["hang"].reason == "timeout: longer than 15 s"
    assert "RuntimeError: planted" in results["error"].reason
    assert "faulty.py" in results["error"].reason  # the whole traceback
    assert "Diverged" in results["nan"].reason
    assert "wx must lie in [0, 1]" in results["plan"].reason


@pytest.mark.slow
def test_of_a_block_that_dies_the_guilty_run_alone_is_lost(tiny, tmp_path):
    """Seeds side by side in one process: what one of them kills is done again in parts."""
    path = tmp_path / "deadly.py"
    path.write_text(
        INTRA_MIX.replace("y, n =", "if rng.seed == 2:\n            __import__('os')._exit(9)\n        y, n =")
    )
    block = train_block(tiny, str(path), (0, 1, 2, 3), executor="lockstep", block=4)
    with Pool(2) as pool:
        results = {b.runs[0].seed: result for b, result in carried_out(pool, [block])}
        ((_, answer),) = pool.map([replace(block, runs=(block.runs[0], block.runs[1], block.runs[3]))])
    assert {seed: result.status for seed, result in results.items()} == {0: "ok", 1: "ok", 2: "failed", 3: "ok"}
    assert "exit status 9" in results[2].reason
    for seed, result in zip((0, 1, 3), answer.results, strict=True):  # alone or in company, the same
        assert result.digests == results[seed].digests
        assert result.executor["kind"] == "lockstep"


@pytest.mark.slow
def test_of_a_block_that_fails_the_guilty_run_alone_fails(tiny, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(INTRA_MIX.replace("y, n =", "assert rng.seed != 2, 'planted'\n        y, n ="))
    block = train_block(tiny, str(path), (0, 1, 2), executor="lockstep", block=4)
    with Pool(1) as pool:
        results = {b.runs[0].seed: result for b, result in carried_out(pool, [block])}
    assert {seed: result.status for seed, result in results.items()} == {0: "ok", 1: "ok", 2: "failed"}
    assert "AssertionError: planted" in results[2].reason
    assert results[0].executor["kind"] == "lockstep"


@pytest.mark.slow
def test_what_cannot_be_stacked_is_done_by_the_loop_run_by_run(tiny, tmp_path):
    """Each with the global state that it would have alone."""
    path = tmp_path / "careless.py"
    path.write_text(INTRA_MIX.replace("lam = rng.beta(self.alpha, self.alpha, n)", "lam = torch.rand(n)"))
    block = train_block(tiny, str(path), (0, 1), executor="lockstep", block=4)
    with Pool(1) as pool:
        together = {b.runs[0].seed: result for b, result in carried_out(pool, [block])}
        alone = {b.runs[0].seed: result for b, result in carried_out(pool, block.one_by_one())}
    assert {result.executor["kind"] for result in (*together.values(), *alone.values())} == {"loop"}
    assert {s: r.digests for s, r in together.items()} == {s: r.digests for s, r in alone.items()}


@pytest.mark.slow
def test_workers_are_started_once_and_use_one_thread(blocks):
    with Pool(1) as pool:
        results = [result for _, result in carried_out(pool, blocks("none", "none", "none"))]
        (worker,) = pool._workers
        process = worker.process
        results += [result for _, result in carried_out(pool, blocks("none"))]
        assert pool._workers[0].process == process
    assert {r.machine["threads"] for r in results} == {1}
    assert len({r.digests["weights"] for r in results}) == 1
    assert all(r.peak_memory < 2e9 for r in results)


@pytest.mark.slow
def test_a_worker_that_dies_between_runs_is_replaced(blocks):
    with Pool(1) as pool:
        list(pool.map(blocks("none")))
        os.kill(pool._workers[0].process, signal.SIGKILL)
        assert pool._servers[-1].exit_code(pool._workers[0].id, timeout=60) == -signal.SIGKILL
        ((_, result),) = carried_out(pool, blocks("none"))
        assert result.status == "ok"


@pytest.mark.slow
def test_workers_end_with_the_runner(blocks):
    pool = Pool(1)
    list(pool.map(blocks("none")))
    (worker,) = pool._workers
    worker.pipe.close()  # as it is when the runner was killed
    assert worker.server.exit_code(worker.id, timeout=60) == 0
    pool.close()


def test_workers_that_cannot_start_are_an_error_not_a_loop(blocks, monkeypatch):
    monkeypatch.setattr("mixsuite.execution.forkserver._MAIN", "raise SystemExit('planted')")
    monkeypatch.setattr("mixsuite.execution.pool.ForkServer", ForkServer)
    with Pool(1) as pool, pytest.raises(RuntimeError, match=r"(?s)do not start: .* is gone.*planted"):
        list(pool.map(blocks("none")))


@pytest.mark.slow
def test_a_source_that_was_changed_meanwhile_is_noticed(blocks, tmp_path):
    (block,) = blocks("none")
    path = tmp_path / "faulty.py"
    path.write_text(path.read_text() + "# edited\n")
    with Pool(1) as pool:
        ((_, result),) = carried_out(pool, [block])
    assert result.status == "failed"
    assert "was changed after the call began" in result.reason


@pytest.mark.slow
def test_a_method_that_forks_gets_no_second_say(blocks):
    made = blocks("fork", "none", "sloppy", "none", "sloppy")
    with Pool(1) as pool:
        ended = list(carried_out(pool, made))
    assert [block for block, _ in ended] == made
    with Pool(1) as pool:
        ((_, alone),) = carried_out(pool, blocks("none"))
    for block, result in ended:
        if kind_of(block) == "none":  # what a careless method did before has not reached it
            assert result.digests == alone.digests
    sloppy = [result.digests for block, result in ended if kind_of(block) == "sloppy"]
    assert sloppy[0] == sloppy[1]


@pytest.mark.slow
def test_processes_that_a_run_started_end_with_it(blocks, monkeypatch, tmp_path):
    monkeypatch.setenv("MIXSUITE_TEST_MARK", mark := str(tmp_path))
    with Pool(1, timeout=30.0) as pool:
        list(pool.map(blocks("orphan")))
    deadline = time.monotonic() + 60
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


@pytest.mark.slow
def test_a_plan_is_checked_whenever_mixing_begins(tiny, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)
    with Pool(1) as pool:
        ((_, result),) = carried_out(pool, [train_block(tiny, f"{path}(kind=late, start=0.5)")])
    assert "wx must lie in [0, 1]" in result.reason
