"""Pools for tests: one without processes, and processes that are forked from one server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Self

import pytest

from mixsuite.execution.execute import reset_global_state
from mixsuite.execution.forkserver import ForkServer
from mixsuite.execution.messages import Answer, RetryApart, TrainBlock, Work
from mixsuite.execution.pool import InHand
from mixsuite.execution.worker import Worker


class SharedServer(ForkServer):
    """A fork server for all pools of a test process, so that torch is imported once."""

    def close(self) -> None:
        """Nothing: the next pool takes it too."""


class InProcess:
    """A pool of one worker: this process. So a fault planted in a module is what the runs see."""

    def __init__(self, size: int = 1, timeout: float | None = None) -> None:
        self.size, self.timeout = size, timeout
        self.worker = Worker()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, count: int) -> None:
        pass

    def spread(self, cards: tuple[tuple[int, ...], ...]) -> None:
        pass

    def map(
        self,
        work: Iterable[Work],
        watch: Callable[[InHand], None] = lambda in_hand: None,
        over: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Work, Answer]]:
        todo = deque(work)
        while todo and not over():
            one = todo.popleft()
            watch([(one, 0.0)])
            reset_global_state(one.runs[0].seed if isinstance(one, TrainBlock) else 0)
            answer = self.worker.execute(one)
            if isinstance(answer, RetryApart):
                todo.extendleft(reversed(one.one_by_one(answer.executor)))
            else:
                yield one, answer


def patch_pool(patch: pytest.MonkeyPatch) -> None:
    """Have every call train its runs in this process."""
    for place in ("mixsuite.execution.pool.Pool", "mixsuite.execution.runner.Pool"):
        patch.setattr(place, InProcess)
