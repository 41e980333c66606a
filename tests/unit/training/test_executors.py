"""The executors by name."""

from dataclasses import replace

import pytest

from mixsuite.training import lockstep, loop
from mixsuite.training.executors import EXECUTORS


def test_there_are_two_and_they_are_the_functions_of_their_modules():
    assert {"loop": loop.fit, "lockstep": lockstep.fit} == EXECUTORS


@pytest.mark.parametrize("name", EXECUTORS)
def test_each_says_what_it_was_and_gives_a_result_a_job(job, name):
    found = EXECUTORS[name]([replace(job("mixup", seed=seed), block=2) for seed in (0, 1)])
    assert [one.executor["kind"] for one in found] == [name, name]
    assert len({one.digests["init"] for one in found}) == 2
