"""A pool of worker processes: each does one piece of work at a time, and is replaced when it dies or overruns."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import IO, Self

from mixsuite.errors import InputError
from mixsuite.execution.forkserver import ForkServer
from mixsuite.execution.messages import Answer, Beat, Ready, RetryApart, Work

InHand = list[tuple[Work, float]]
_MAX_STILLBORN = 3
_LONGEST_STEP = 1.0  # seconds that a step may always take, whatever the time-out


class _Worker:
    """One process, forked from a server, and the pipe to it."""

    def __init__(self, server: ForkServer, cards: tuple[int, ...]) -> None:
        self.cards = cards
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115, closed in kill()
        self.pipe, theirs = Pipe()
        self.server, self.id = server, server.fork(theirs, self.log, cards)
        theirs.close()
        self.process: int | None = None  # its number, once it is ready
        self.work: Work | None = None
        self.outsiders: tuple[str, str] | None = None  # those of the work that it has done; None: it is fresh
        self.number = 0
        self.since = self.last_beat = self.share = 0.0

    @property
    def ready(self) -> bool:
        """Whether the process has started."""
        return self.process is not None

    def give(self, work: Work) -> None:
        """Send work under a new number, which its answer must bear."""
        self.number += 1
        self.work, self.outsiders = work, work.outsiders
        self.since = self.last_beat = time.monotonic()
        self.share = 0.0
        self.pipe.send((self.number, work))

    def kill(self) -> None:
        """End the process and everything that it started: it leads a session of its own."""
        self.pipe.close()  # one that is not ready yet ends by this
        self.log.close()
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process, signal.SIGKILL)
            self.server.exit_code(self.id, timeout=5)

    @property
    def dead(self) -> bool:
        """Whether the process is gone and no answer is left to read. Its child may still hold the pipe open."""
        return self.server.exit_code(self.id) is not None and not self.pipe.poll()

    def death(self) -> str:
        """Say how a dead process ended, with the last part of its log."""
        code = self.server.exit_code(self.id, timeout=2)
        if code is None and self.server.alive:
            return "the worker process closed its pipe"
        if code is None:
            how, log = "the process that it was forked from is gone", self.server.log
        else:
            how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit status {code}"
            log = self.log
        log.seek(0, os.SEEK_END)
        log.seek(max(0, log.tell() - 4000))
        output = log.read().decode(errors="replace").strip()
        return f"the worker process died: {how}" + (f"\n\n{output}" if output else "")


class Pool:
    """A pool of ``size`` workers: work goes in, and (work, answer) comes out in the order in which work ends.

    A worker that dies or overruns is replaced. If a block fails, its runs are retried one at a time, so only the faulty
    run is lost.

    timeout: seconds that one run may take, and that work of any size may take for one step.

    Raises:
        InputError: the system has no process groups, so a worker could not be ended with all that it started.
    """

    def __init__(self, size: int = 1, timeout: float | None = None) -> None:
        if not hasattr(os, "killpg"):
            raise InputError("training needs Linux or macOS: this system cannot end a worker with all that it started")
        self.size, self.timeout = size, timeout
        self._servers: list[ForkServer] = []  # the last one, and those that died
        self._workers: list[_Worker] = []
        self._todo: deque[Work] = deque()
        self._stillborn = 0
        self._cards: tuple[tuple[int, ...], ...] = ((),)

    def spread(self, cards: tuple[tuple[int, ...], ...]) -> None:
        """Let each worker see one of these groups of GPUs alone; () for all that there are.

        It ends workers that see others.
        """
        self._cards = cards or ((),)
        for worker in [w for w in self._workers if w.cards not in self._cards]:
            self._workers.remove(worker)
            worker.kill()

    def start(self, count: int) -> None:
        """Start ``count`` workers in advance, at most ``size``: the first takes seconds to import torch."""
        while len(self._workers) < min(count, self.size):
            if not self._servers or not self._servers[-1].alive:
                self._servers.append(ForkServer())
            used = Counter(worker.cards for worker in self._workers)
            self._workers.append(_Worker(self._servers[-1], min(self._cards, key=lambda cards: used[cards])))

    def map(
        self,
        work: Iterable[Work],
        watch: Callable[[InHand], None] = lambda in_hand: None,
        over: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Work, Answer]]:
        """Carry out work and yield each piece with its answer.

        Args:
            work: the pieces, in the order in which they start.
            watch: called again and again with the work in progress, each piece with the share of it that is done.
            over: says whether what has not begun is to be left.

        Raises:
            RuntimeError: several workers in a row died before they were ready.
        """
        todo = self._todo = deque(work)
        self.start(len(todo))
        while todo or any(w.work is not None for w in self._workers):
            if over():
                todo.clear()
            self.start(len(todo) + sum(w.work is not None for w in self._workers))
            for worker in list(self._workers):
                if worker.ready and worker.work is None and todo:
                    if worker.outsiders not in (None, todo[0].outsiders):
                        self._workers.remove(worker)
                        worker.kill()
                        continue
                    try:
                        worker.give(todo[0])
                        todo.popleft()
                    except OSError:  # the worker died while idle: the next turn replaces it
                        worker.work = None
            watch([(w.work, w.share) for w in self._workers if w.work is not None])
            yield from self._collect()

    def _collect(self) -> Iterator[tuple[Work, Answer]]:
        """Wait at most half a second for answers, deaths and overruns."""
        by_pipe: dict[Connection, _Worker] = {w.pipe: w for w in self._workers}
        for pipe in wait(list(by_pipe), timeout=0.5):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                number, answer = worker.pipe.recv()
            except (EOFError, OSError):
                yield from self._bury(worker, worker.death())
                continue
            if isinstance(answer, Ready):
                worker.process, self._stillborn = answer.process, 0
            elif number != worker.number or worker.work is None:
                continue  # to work that it no longer has
            elif isinstance(answer, Beat):
                worker.last_beat, worker.share = time.monotonic(), answer.share
            else:
                work, worker.work = worker.work, None
                if isinstance(answer, RetryApart):
                    self._todo.extendleft(reversed(work.one_by_one(answer.executor)))
                else:
                    yield work, answer
        for worker in list(self._workers):
            if worker.dead:
                yield from self._bury(worker, worker.death())
            elif self.timeout and worker.work is not None:
                now, allowed = time.monotonic(), self.timeout * worker.work.time_factor
                if now - worker.since > allowed:
                    yield from self._bury(worker, f"timeout: longer than {allowed:g} s")
                elif now - worker.last_beat > max(self.timeout, _LONGEST_STEP):
                    yield from self._bury(worker, f"timeout: no step in {self.timeout:g} s")

    def _bury(self, worker: _Worker, reason: str) -> Iterator[tuple[Work, Answer]]:
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= _MAX_STILLBORN:
                raise RuntimeError(f"worker processes do not start: {reason}")
        self._workers.remove(worker)
        work = worker.work
        worker.kill()
        if work is None:
            return
        apart = work.one_by_one()
        self._todo.extendleft(reversed(apart))
        if not apart:
            yield work, work.lost(reason)

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.kill()
        for server in self._servers:
            server.close()
        self._workers.clear()
        self._servers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
