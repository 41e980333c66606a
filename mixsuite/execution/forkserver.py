"""The process that workers are forked from: it has imported torch once, so a new worker starts in milliseconds.

The fork server of ``multiprocessing`` imports the caller's main script again in every worker; this one never does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import recv_handle, send_handle
from typing import IO

# A worker trains on one core: two processes with default threads on two cores were 6 to 18 times slower.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_MAIN = "from mixsuite.execution.forkserver import main; main()"
_WORKER = "mixsuite.execution.worker"


class ForkServer:
    """A fork server and the pipe to it. If its owner is gone, it ends every worker and itself."""

    def __init__(self) -> None:
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115, closed in close()
        self._pipe, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # a Ctrl-C at the terminal reaches only the runner
        )
        theirs.close()
        self._codes: dict[int, int] = {}
        self._asked = 0

    @property
    def alive(self) -> bool:
        """Whether the server can fork workers, or is about to."""
        return self._process.poll() is None

    def fork(self, pipe: Connection, log: IO[bytes], cards: tuple[int, ...] = ()) -> int:
        """Ask for a worker that works in this process's folder and environment, as they are now.

        Args:
            pipe: the worker's end of the pipe to it; one that never starts leaves the other end closed.
            log: takes what the worker prints.
            cards: numbers of the only GPUs that the worker sees; (): those that this process sees.

        Returns:
            the worker's number.
        """
        self._asked += 1
        here = os.open(".", os.O_RDONLY)
        with contextlib.suppress(OSError):  # the server is gone
            self._pipe.send((self._asked, os.environ | _ONE_THREAD | _seen(cards)))
            for handle in (pipe.fileno(), log.fileno(), here):
                send_handle(self._pipe, handle, self._process.pid)
        os.close(here)
        return self._asked

    def exit_code(self, number: int, timeout: float = 0.0) -> int | None:
        """The exit code of a worker, as ``subprocess`` gives it; None as long as it lives.

        timeout: seconds to wait for its end.
        """
        try:
            while number not in self._codes and self._pipe.poll(timeout):
                ended, code = self._pipe.recv()
                self._codes[ended] = code
        except (EOFError, OSError):  # the server is gone, or about to
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        return self._codes.get(number)

    def close(self) -> None:
        """End the server. Its workers must have been ended before."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()
        self.log.close()


def _seen(cards: tuple[int, ...]) -> dict[str, str]:
    """The environment in which a process sees these GPUs alone, by their numbers among those that are visible here."""
    if not cards:
        return {}
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return {"CUDA_VISIBLE_DEVICES": ",".join(visible[card] if visible != [""] else str(card) for card in cards)}


def main() -> None:
    """Run the server that ``ForkServer`` starts, and in each process that it forks a worker."""
    if sys.platform != "darwin":  # there, what is imported before a fork may not work after it
        import_module(_WORKER)
    gc.collect()
    gc.freeze()  # what is imported stays shared with the workers
    pipe = _fork_workers(Connection(int(sys.argv[1])))
    # Libraries may print, which must not disturb the terminal: stdout goes where stderr goes, to the pool's log.
    sys.stdout = sys.stderr
    import_module(_WORKER).serve(pipe)


def _fork_workers(requests: Connection) -> Connection:
    """Fork a worker for each request until the other end closes; return in the workers, each with its pipe."""
    living: dict[int, int] = {}  # process -> number of the worker
    ended, signalled = socket.socketpair()
    for signal_end in (ended, signalled):
        signal_end.setblocking(False)
    signal.set_wakeup_fd(signalled.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        if ended in wait([requests, ended]):
            ended.recv(4096)
            _report_ended(living, requests)
            continue
        try:
            number, environment = requests.recv()
            pipe, log, here = (recv_handle(requests) for _ in range(3))
        except (EOFError, OSError):
            _end(living)
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (requests, ended, signalled):
                end.close()
            return _become_worker(pipe, log, here, environment)
        living[process] = number
        for handle in (pipe, log, here):
            os.close(handle)


def _become_worker(pipe: int, log: int, here: int, environment: dict[str, str]) -> Connection:
    os.setsid()
    for stream in (1, 2):
        os.dup2(log, stream)
    os.fchdir(here)
    for handle in (log, here):
        os.close(handle)
    os.environ.clear()
    os.environ.update(environment)
    return Connection(pipe)


def _report_ended(living: dict[int, int], requests: Connection) -> None:
    """Tell the owner how each worker ended that has."""
    for process in list(living):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            with contextlib.suppress(OSError):  # the owner is gone, which the next request says
                requests.send((living.pop(process), os.waitstatus_to_exitcode(status)))


def _end(living: dict[int, int]) -> None:
    """End every worker with all that it started, and this process."""
    for process in living:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
    os._exit(0)
