"""The pool's rules, with workers that are no processes."""

import os
from collections import deque
from itertools import count

import pytest
from support.blocks import train_block
from support.sources import INTRA_MIX

from mixsuite.errors import InputError
from mixsuite.execution import pool as module
from mixsuite.execution.messages import Beat, BlockResult, Ready, RetryApart
from mixsuite.execution.pool import Pool
from mixsuite.execution.result import RunResult


class Stand:
    """Stands for a worker: answers by a script, one entry a piece of work; "die" and "hang" are no answers."""

    made: list = []
    script: deque = deque()

    def __init__(self, server, cards=()):
        self.cards = cards
        self.pipe, self.work, self.number, self.since, self.process = self, None, 0, 0.0, None
        self.outsiders, self.last_beat, self.share = None, 0.0, 0.0
        self.answers, self.dead, self.killed = deque([(0, Ready(1))]), False, False
        Stand.made.append(self)

    def give(self, work):
        self.number += 1
        self.work, self.outsiders = work, work.outsiders
        self.since = self.last_beat = module.time.monotonic()
        self.share = 0.0
        answer = Stand.script.popleft() if Stand.script else BlockResult((RunResult("ok"),) * work.num_runs)
        if answer == "die":
            self.dead = True
        elif answer != "hang":
            self.answers.append((self.number, answer))

    @property
    def ready(self):
        return self.process is not None

    def recv(self):
        return self.answers.popleft()

    def death(self):
        return "died"

    def kill(self):
        self.killed = True


class NoServer:
    alive = True

    def close(self):
        pass


@pytest.fixture
def stand(monkeypatch):
    Stand.made, Stand.script = [], deque()
    monkeypatch.setattr(module, "_Worker", Stand)
    monkeypatch.setattr(module, "ForkServer", NoServer)
    monkeypatch.setattr(module, "wait", lambda pipes, timeout: [pipe for pipe in pipes if pipe.answers])
    return Stand


def test_work_goes_in_and_answers_come_out(stand, tiny):
    blocks, told = [train_block(tiny, "mixup", (0,)), train_block(tiny, "mixup", (0, 1))], []
    with Pool(2) as pool:
        ended = list(pool.map(blocks, told.append))
    assert [block for block, _ in ended] == blocks
    assert [len(answer.results) for _, answer in ended] == [1, 2]
    assert max(sum(work.num_runs for work, _ in in_hand) for in_hand in told) == 3
    assert len(stand.made) == 2
    assert all(worker.killed for worker in stand.made)


def test_what_has_not_begun_when_the_time_is_up_is_left(stand, tiny):
    blocks, ended = [train_block(tiny, "mixup", (seed,)) for seed in range(4)], []
    with Pool(1) as pool:
        for block, _ in pool.map(blocks, over=lambda: len(ended) == 2):
            ended.append(block)
    assert ended == blocks[:2]


def test_no_more_workers_than_work_or_size(stand, tiny):
    with Pool(2) as pool:
        pool.start(5)
        assert len(stand.made) == 2
    stand.made.clear()
    with Pool(8) as pool:
        list(pool.map([train_block(tiny, "mixup")]))
    assert len(stand.made) == 1


def test_of_a_block_that_dies_only_the_run_that_kills_alone_is_lost(stand, tiny):
    ok = BlockResult((RunResult("ok"),))
    stand.script = deque(["die", ok, "die", ok])
    with Pool(1) as pool:
        ended = {b.runs[0].seed: a.results[0] for b, a in pool.map([train_block(tiny, "mixup", (0, 1, 2))])}
    assert {seed: result.status for seed, result in ended.items()} == {0: "ok", 1: "failed", 2: "ok"}
    assert ended[1].reason == "died"
    assert sum(worker.killed for worker in stand.made) == len(stand.made) == 3


def test_a_block_that_is_to_be_retried_goes_apart_by_the_executor_named(stand, tiny):
    stand.script = deque([RetryApart("loop")])
    with Pool(1) as pool:
        ended = list(pool.map([train_block(tiny, "mixup", (0, 1), executor="lockstep", block=4)]))
    assert [(b.executor, b.num_runs) for b, _ in ended] == [("loop", 1)] * 2


def test_a_worker_that_overruns_is_ended(stand, tiny, monkeypatch):
    now = count(0, 10)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(now)))
    stand.script = deque(["hang"])
    with Pool(1, timeout=25.0) as pool:
        ((_, answer),) = pool.map([train_block(tiny, "mixup")])
    assert answer.results[0].reason == "timeout: longer than 25 s"


def test_work_that_makes_no_step_is_ended_and_work_that_makes_some_has_its_whole_time(stand, tiny, monkeypatch):
    now = count(0, 10)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(now)))
    whole = train_block(tiny, "mixup", (0,), executor="lockstep", block=12)
    stand.script = deque(["hang"])
    with Pool(1, timeout=25.0) as pool:
        ((_, answer),) = pool.map([whole])
    assert answer.results[0].reason == "timeout: no step in 25 s"
    stand.script = deque(["hang"])
    monkeypatch.setattr(stand, "recv", lambda self: self.answers.popleft() if self.work is None else (1, Beat()))
    monkeypatch.setattr(module, "wait", lambda pipes, timeout: pipes)
    with Pool(1, timeout=25.0) as pool:
        ((_, answer),) = pool.map([whole])
    assert answer.results[0].reason == "timeout: longer than 300 s"


def test_who_has_run_an_outsiders_code_does_no_other_work(stand, tiny, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(INTRA_MIX)
    ours, mine, other = (train_block(tiny, name) for name in ("mixup", str(path), f"{path}(alpha=0.5)"))
    assert (ours.outsiders, mine.outsiders) == (("", ""), ("", "mine"))
    with Pool(1) as pool:
        assert [block for block, _ in pool.map([ours, ours, mine, mine, other, ours])] == [
            ours, ours, mine, mine, other, ours,
        ]  # fmt: skip
    assert len(stand.made) == 4
    assert all(worker.killed for worker in stand.made)


def test_an_answer_to_other_work_is_not_taken(stand, tiny):
    """The number that an answer bears must be that of the work in hand."""
    with Pool(1) as pool:
        pool.start(1)
        late, right = BlockResult((RunResult("failed", "late"),)), BlockResult((RunResult("ok"),))
        stand.made[0].answers.append((7, late))
        stand.script = deque([right])
        ((_, answer),) = pool.map([train_block(tiny, "mixup")])
    assert answer == right


def test_workers_that_never_begin_are_an_error(stand, tiny, monkeypatch):
    class Stillborn(Stand):
        def __init__(self, server, cards=()):
            super().__init__(server, cards)
            self.answers.clear()
            self.dead = True

    monkeypatch.setattr(module, "_Worker", Stillborn)
    with Pool(1) as pool, pytest.raises(RuntimeError, match="worker processes do not start: died"):
        list(pool.map([train_block(tiny, "mixup")]))


def test_a_system_that_cannot_end_workers_is_refused(monkeypatch):
    monkeypatch.delattr(os, "killpg")
    with pytest.raises(InputError, match="training needs Linux or macOS"):
        Pool()


def test_workers_are_spread_over_the_cards_that_were_asked_for(stand):
    pool = module.Pool(4)
    pool.start(1)
    assert [worker.cards for worker in stand.made] == [()]
    pool.spread(((2,), (0,)))
    assert stand.made[0].killed
    pool.start(4)
    assert [worker.cards for worker in stand.made[1:]] == [(2,), (0,), (2,), (0,)]
    pool.spread(())
    assert all(worker.killed for worker in stand.made)


def test_a_sign_of_life_says_the_share(stand, tiny):
    told, one = [], train_block(tiny, "mixup")
    stand.script = deque([Beat(0.25)])

    def watch(in_hand):
        told.extend(share for _, share in in_hand)
        if told and told[-1] == 0.25:
            stand.made[0].answers.append((1, BlockResult((RunResult("ok"),))))

    with Pool(1) as pool:
        list(pool.map([one], watch))
    assert told[0] == 0.0
    assert told[-1] == 0.25
