"""The pool: a worker that dies or overruns costs its own run alone, and the pool lives on."""

import contextlib
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_plugins import INTRA_MIX

from mixsuite.matrix import load_matrix
from mixsuite.order import Order
from mixsuite.pool import Pool
from mixsuite.resolve import code_for, resolve

FAULTY = '''"""A method that goes wrong in the way it is told to, at the seed it is told."""
import os, signal, time
from dataclasses import dataclass
from typing import Literal
from mixsuite.mixing import Method, Plan, over

@dataclass(frozen=True)
class Faulty(Method):
    """kind: how it goes wrong; otherwise erm."""
    kind: Literal["exit", "kill", "hang", "error", "nan", "plan", "fork", "orphan", "late", "sloppy", "none"] = "none"

    def plan(self, batch, rng):
        import torch
        if self.kind == "exit":
            os._exit(9)
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "hang":
            time.sleep(600)
        if self.kind == "error":
            raise RuntimeError("planted")
        lam = torch.ones(len(batch.y))
        if self.kind == "fork" and float(batch.progress) == 0:  # a child goes on by itself: it must not answer too
            os.fork()
        if self.kind == "orphan" and os.fork():  # the worker dies, a child of it lives on and holds the pipe
            os._exit(7)
        if self.kind == "orphan":
            time.sleep(600)
        if self.kind == "sloppy":  # draws from and changes what is global
            lam = lam * torch.rand(())
            torch.set_default_dtype(torch.float64)
            torch.set_num_threads(2)
        if self.kind == "plan" or (self.kind == "late" and float(batch.progress) > 0):
            lam = lam * 2
        return Plan(torch.arange(len(batch.y)), over(lam, batch.shape), lam)

    def objective(self, tail, state, batch, plan, loss):
        value = super().objective(tail, state, batch, plan, loss)
        return value * float("nan") if self.kind == "nan" else value
'''


def carried_out(pool, orders):
    """(order, what its one run came to) of each."""
    for order, answer in pool.map(orders):
        yield order, answer.get("runs", [answer])[0]


@pytest.fixture
def orders(tiny, tmp_path):
    """Orders for tiny runs of the faulty method, by kind of fault."""
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)

    def make(*kinds: str) -> list[Order]:
        made = []
        for kind in kinds:
            resolved = resolve(load_matrix(str(tiny)), [f"{path}(kind={kind})"], seeds=(0,))
            run = resolved.runs()[-1]
            made.append(Order(run.task, Path(), "cpu", (run,), code_for(run)["hash"]))
        return made

    return make


@pytest.mark.long
def test_each_fault_costs_its_own_run_alone(orders):
    kinds = ["none", "exit", "error", "kill", "nan", "plan", "hang", "orphan", "none"]
    with Pool(2, timeout=8.0) as pool:
        found = [
            (dict(o.specs[0].method.call.params)["kind"], outcome) for o, outcome in carried_out(pool, orders(*kinds))
        ]
    said = dict(found)
    assert len(found) == len(kinds)
    assert {k for k, o in said.items() if o["status"] == "ok"} == {"none"}
    assert "exit status 9" in said["exit"]["reason"]
    assert "signal 9 (SIGKILL)" in said["kill"]["reason"]
    assert "exit status 7" in said["orphan"]["reason"]
    assert said["hang"]["reason"] == "timeout: longer than 8 s"
    assert "RuntimeError: planted" in said["error"]["reason"]
    assert "faulty.py" in said["error"]["reason"]  # the whole traceback
    assert "Diverged" in said["nan"]["reason"]
    assert "wx must lie in [0, 1]" in said["plan"]["reason"]


def test_of_an_order_that_dies_the_guilty_run_alone_is_lost(tiny, tmp_path):
    """Seeds side by side in one process: what one of them kills is done again in parts."""
    path = tmp_path / "deadly.py"
    path.write_text(
        INTRA_MIX.replace("y, n =", "if rng.seed == 2:\n            __import__('os')._exit(9)\n        y, n =")
    )
    runs = resolve(load_matrix(str(tiny)), [str(path)], seeds=(0, 1, 2, 3)).runs()
    specs = tuple(run for run in runs if run.method.source)
    order = Order(specs[0].task, Path(), "cpu", specs, code_for(specs[0])["hash"], "lockstep", block=4)
    with Pool(2) as pool:
        found = {o.specs[0].seed: outcome for o, outcome in carried_out(pool, [order])}
        ((_, answer),) = pool.map([replace(order, specs=(specs[0], specs[1], specs[3]))])
    assert {seed: outcome["status"] for seed, outcome in found.items()} == {0: "ok", 1: "ok", 2: "failed", 3: "ok"}
    assert "exit status 9" in found[2]["reason"]
    for seed, outcome in zip((0, 1, 3), answer["runs"], strict=True):  # alone or in company, the same
        assert outcome["digests"] == found[seed]["digests"]
        assert outcome["executor"]["kind"] == "lockstep"


def test_of_an_order_that_fails_the_guilty_run_alone_fails(tiny, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(INTRA_MIX.replace("y, n =", "assert rng.seed != 2, 'planted'\n        y, n ="))
    specs = tuple(r for r in resolve(load_matrix(str(tiny)), [str(path)], seeds=(0, 1, 2)).runs() if r.method.source)
    order = Order(specs[0].task, Path(), "cpu", specs, code_for(specs[0])["hash"], "lockstep", block=4)
    with Pool(1) as pool:
        found = {o.specs[0].seed: outcome for o, outcome in carried_out(pool, [order])}
    assert {seed: outcome["status"] for seed, outcome in found.items()} == {0: "ok", 1: "ok", 2: "failed"}
    assert "AssertionError: planted" in found[2]["reason"]
    assert found[0]["executor"]["kind"] == "lockstep"


def test_what_cannot_be_stacked_is_done_by_the_loop_run_by_run(tiny, tmp_path):
    """Each with the global state that it would have alone."""
    path = tmp_path / "careless.py"
    path.write_text(INTRA_MIX.replace("lam = rng.beta(self.alpha, self.alpha, n)", "lam = torch.rand(n)"))
    specs = tuple(r for r in resolve(load_matrix(str(tiny)), [str(path)], seeds=(0, 1)).runs() if r.method.source)
    order = Order(specs[0].task, Path(), "cpu", specs, code_for(specs[0])["hash"], "lockstep", block=4)
    with Pool(1) as pool:
        together = {o.specs[0].seed: outcome for o, outcome in carried_out(pool, [order])}
        alone = {o.specs[0].seed: outcome for o, outcome in carried_out(pool, order.parts())}
    assert {outcome["executor"]["kind"] for outcome in (*together.values(), *alone.values())} == {"loop"}
    assert {s: o["digests"] for s, o in together.items()} == {s: o["digests"] for s, o in alone.items()}


def test_a_block_may_take_a_blocks_time_however_few_fill_it(tiny):
    (run, *_) = resolve(load_matrix(str(tiny)), ["mixup"], seeds=(0,)).runs()
    order = Order(run.task, Path(), "cpu", (run,), executor="lockstep", block=12)
    assert (order.size, order.allowed) == (1, 12)
    assert replace(order, executor="loop").allowed == 1
    assert Order(run.task, Path(), "cpu").allowed == 1


def test_workers_are_started_once_and_use_one_thread(orders):
    with Pool(1) as pool:
        outcomes = [outcome for _, outcome in carried_out(pool, orders("none", "none", "none"))]
        (worker,) = pool._workers
        pid = worker.process.pid
        outcomes += [outcome for _, outcome in carried_out(pool, orders("none"))]
        assert pool._workers[0].process.pid == pid
    assert {o["machine"]["threads"] for o in outcomes} == {1}
    assert len({o["digests"]["weights"] for o in outcomes}) == 1
    assert all(o["peak_memory"] < 2e9 for o in outcomes)


def test_a_worker_that_dies_between_runs_is_replaced(orders):
    with Pool(1) as pool:
        list(pool.map(orders("none")))
        os.kill(pool._workers[0].process.pid, signal.SIGKILL)
        pool._workers[0].process.wait()
        ((_, outcome),) = carried_out(pool, orders("none"))
        assert outcome["status"] == "ok"


def test_workers_end_with_the_runner(orders):
    pool = Pool(1)
    list(pool.map(orders("none")))
    process = pool._workers[0].process
    pool._workers[0].pipe.close()  # as it is when the runner was killed
    assert process.wait(timeout=10) == 0
    pool.close()


def test_workers_that_cannot_start_are_an_error_not_a_loop(orders, monkeypatch):
    monkeypatch.setattr("mixsuite.pool._MAIN", "raise SystemExit('planted')")
    with Pool(1) as pool, pytest.raises(RuntimeError, match="do not start"):
        list(pool.map(orders("none")))


def test_a_source_that_was_changed_meanwhile_is_noticed(orders, tmp_path):
    (order,) = orders("none")
    path = tmp_path / "faulty.py"
    path.write_text(path.read_text() + "# edited\n")
    with Pool(1) as pool:
        ((_, outcome),) = carried_out(pool, [order])
    assert outcome["status"] == "failed"
    assert "was changed after the call began" in outcome["reason"]


def test_a_method_that_forks_gets_no_second_say(orders):
    made = orders("fork", "none", "sloppy", "none", "sloppy")
    with Pool(1) as pool:
        found = [(o, outcome) for o, outcome in carried_out(pool, made)]
    assert [o for o, _ in found] == made
    with Pool(1) as pool:
        ((_, alone),) = carried_out(pool, orders("none"))
    for order, outcome in found:
        kind = dict(order.specs[0].method.call.params)["kind"]
        if kind == "none":  # what a careless method did before has not reached it
            assert outcome["digests"] == alone["digests"]
    sloppy = [outcome["digests"] for o, outcome in found if dict(o.specs[0].method.call.params)["kind"] == "sloppy"]
    assert sloppy[0] == sloppy[1]


def marked(mark: str) -> list[str]:
    """Live processes, other than this one, that were started with a mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes() and path.parent.name != str(os.getpid()):
                found.append(path.parent.name)
    return found


def test_processes_that_a_run_started_end_with_it(orders, monkeypatch, tmp_path):
    monkeypatch.setenv("MIXSUITE_TEST_MARK", mark := str(tmp_path))
    with Pool(1, timeout=3.0) as pool:
        list(pool.map(orders("orphan")))
    deadline = time.monotonic() + 10
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


def test_a_plan_is_checked_whenever_mixing_begins(tiny, tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)
    run = resolve(load_matrix(str(tiny)), [f"{path}(kind=late, start=0.5)"], seeds=(0,)).runs()[-1]
    with Pool(1) as pool:
        ((_, outcome),) = carried_out(pool, [Order(run.task, Path(), "cpu", (run,), code_for(run)["hash"])])
    assert "wx must lie in [0, 1]" in outcome["reason"]
