"""What the runner and its workers tell each other."""

import pickle
from dataclasses import fields, replace
from pathlib import Path

import pytest
from support.blocks import train_block

from mixsuite.execution.messages import BlockResult, Inspection, InspectTask, Ready, RetryApart, TrainBlock
from mixsuite.execution.result import RunResult


def test_a_block_may_take_a_blocks_time_however_few_fill_it(tiny):
    block = train_block(tiny, "mixup", executor="lockstep", block=12)
    assert (block.num_runs, block.time_factor) == (1, 12)
    assert replace(block, executor="loop").time_factor == 1
    assert InspectTask(block.task, Path(), "cpu", "").time_factor == 1


def test_a_block_of_the_loop_may_take_the_time_of_its_runs(tiny):
    block = train_block(tiny, "mixup", (0, 1, 2), block=12)
    assert (block.num_runs, block.time_factor) == (3, 3)


def test_a_block_comes_apart_into_its_runs(tiny):
    block = train_block(tiny, "mixup", (0, 1, 2), executor="lockstep", block=4)
    apart = block.one_by_one()
    assert [part.runs for part in apart] == [(run,) for run in block.runs]
    assert {part.executor for part in apart} == {"lockstep"}
    assert {part.executor for part in block.one_by_one("loop")} == {"loop"}
    assert [replace(part, runs=block.runs) for part in apart] == [block] * 3
    assert apart[0].one_by_one() == []
    assert InspectTask(block.task, Path(), "cpu", "").one_by_one() == []


def test_what_is_lost_is_an_answer_of_its_kind(tiny):
    block = train_block(tiny, "mixup", (0, 1))
    assert block.lost("gone") == BlockResult((RunResult("failed", "gone"),) * 2)
    assert InspectTask(block.task, Path(), "cpu", "").lost("gone") == Inspection()  # each of its runs will say why


def test_every_message_goes_through_a_pipe(tiny):
    block = train_block(tiny, "mixup", (0, 1))
    for message in (
        block,
        InspectTask(block.task, Path("data"), "cpu", ""),
        Inspection("a problem", 2.0, "lockstep"),
        BlockResult((RunResult("ok", metrics={"error": 0.25}),)),
        RetryApart("loop"),
        Ready(1),
    ):
        assert pickle.loads(pickle.dumps(message)) == message


@pytest.mark.parametrize("kind", [InspectTask, TrainBlock, Inspection, BlockResult, RetryApart, RunResult])
def test_a_misspelt_field_is_refused(kind):
    good = {field.name: None for field in fields(kind)}
    kind(**good)
    for name in good:
        misspelt = {(key if key != name else f"{key}_"): value for key, value in good.items()}
        with pytest.raises(TypeError, match=f"'{name}_'"):
            kind(**misspelt)


def test_messages_cannot_be_changed_on_their_way(tiny):
    for message in (train_block(tiny, "mixup"), Inspection(), BlockResult(()), RunResult("ok")):
        with pytest.raises(AttributeError):
            message.status = "ok"
