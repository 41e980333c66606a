"""The process that workers are forked from."""

import os
import signal
from multiprocessing import Pipe

import pytest

from mixsuite.execution import forkserver as module
from mixsuite.execution.forkserver import ForkServer

# In place of the worker module: it says where it is, and ends as it is told to.
WORKER = """
import os, sys

def serve(pipe):
    print("printed")
    pipe.send((os.getpid(), os.getsid(0), os.getppid(), os.getcwd(), os.environ.get("MARK"), os.environ["OMP_NUM_THREADS"]))
    sys.exit(pipe.recv())
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    (tmp_path / "stand_in.py").write_text(WORKER)
    monkeypatch.setattr(
        module,
        "_MAIN",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from mixsuite.execution import forkserver\nforkserver._WORKER = 'stand_in'\nforkserver.main()",
    )
    server = ForkServer()
    yield server
    server.close()


def forked(server):
    """(the pipe to a new worker, its number, what it says of itself); it prints into the server's log."""
    ours, theirs = Pipe()
    number = server.fork(theirs, server.log)
    theirs.close()
    return ours, number, ours.recv()


def test_workers_are_children_of_one_process_that_lead_sessions_of_their_own(server, monkeypatch, tmp_path):
    _, _, (one, session, parent, *_) = forked(server)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARK", "here")
    _, _, (other, other_session, other_parent, folder, mark, threads) = forked(server)
    assert (session, other_session) == (one, other)
    assert parent == other_parent
    assert one != other
    assert os.getpid() not in (one, other, parent)
    assert (folder, mark, threads) == (str(tmp_path), "here", "1")  # those of now, not of the server's start


def test_how_a_worker_ended_is_told(server):
    left, killed, living = (forked(server) for _ in range(3))
    left[0].send(9)
    os.kill(killed[2][0], signal.SIGKILL)
    assert server.exit_code(killed[1], timeout=60) == -signal.SIGKILL
    assert server.exit_code(left[1], timeout=60) == 9
    assert server.exit_code(living[1]) is None
    os.killpg(living[2][1], signal.SIGKILL)
    assert server.exit_code(living[1], timeout=60) == -signal.SIGKILL
    server.log.seek(0)
    assert server.log.read() == 3 * b"printed\n"


def test_when_the_owner_is_gone_every_worker_is_ended(server):
    ours, _, _ = forked(server)
    server._pipe.close()
    with pytest.raises(EOFError):  # what a worker had open is closed
        ours.recv()
    assert server._process.wait(timeout=60) == 0
    server._pipe = Pipe()[0]  # for close()


def test_a_server_that_is_gone_leaves_a_pipe_that_is_closed(server):
    server._process.kill()
    server._process.wait()
    assert not server.alive
    ours, theirs = Pipe()
    number = server.fork(theirs, server.log)
    theirs.close()
    with pytest.raises(EOFError):
        ours.recv()
    assert server.exit_code(number, timeout=1) is None


@pytest.mark.parametrize(
    ("visible", "cards", "wanted"),
    [
        ("", (), {}),
        ("", (1,), {"CUDA_VISIBLE_DEVICES": "1"}),
        ("3, 5", (1,), {"CUDA_VISIBLE_DEVICES": "5"}),
        ("3, 5,7", (2, 0), {"CUDA_VISIBLE_DEVICES": "7,3"}),
    ],
)
def test_a_worker_sees_the_cards_that_it_is_given(monkeypatch, visible, cards, wanted):
    """By their numbers among those that are visible here."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert module._seen(cards) == wanted
