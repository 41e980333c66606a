"""What the owner of a fork server asks and is told, with a server that is no process."""

import os
import subprocess
from multiprocessing import Pipe
from multiprocessing.reduction import recv_handle

import pytest

from mixsuite.execution import forkserver as module
from mixsuite.execution.forkserver import ForkServer


class NoProcess:
    """Stands for the process; what its end of the pipe is told is asked for by ``pipe``."""

    code = None
    pid = 0

    def __init__(self, command, pass_fds, **how):
        self.command, self.how = command, how
        self.pipe = module.Connection(os.dup(pass_fds[0]))

    def poll(self):
        return self.code

    def wait(self, timeout=None):
        if self.code is None:
            raise subprocess.TimeoutExpired("server", timeout)
        return self.code

    def kill(self):
        self.code = -9


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module.subprocess, "Popen", NoProcess)
    server = ForkServer()
    yield server
    server._process.pipe.close()
    server.close()


def test_a_request_has_the_environment_of_now_and_the_pipe_the_log_and_the_folder(server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARK", "here")
    ours, theirs = Pipe()
    assert [server.fork(theirs, server.log), server.fork(theirs, server.log)] == [1, 2]
    number, environment = server._process.pipe.recv()
    assert number == 1
    assert (environment["MARK"], environment["OMP_NUM_THREADS"]) == ("here", "1")
    pipe, log, folder = (recv_handle(server._process.pipe) for _ in range(3))
    assert os.fstat(log).st_ino == os.fstat(server.log.fileno()).st_ino
    assert os.path.samestat(os.fstat(folder), tmp_path.stat())
    module.Connection(pipe).send("from the worker")
    assert ours.recv() == "from the worker"
    os.close(log)
    os.close(folder)
    for end in (ours, theirs):
        end.close()


def test_exit_codes_are_kept_in_whatever_order_they_come(server):
    assert server.exit_code(1) is None
    for told in ((2, 9), (1, -11)):
        server._process.pipe.send(told)
    assert server.exit_code(1) == -11
    assert server.exit_code(2) == 9
    assert server.exit_code(3) is None


def test_a_server_that_is_gone_tells_nothing_more(server):
    assert server.alive
    server._process.pipe.send((1, 0))
    server._process.code = 1
    server._process.pipe.close()
    assert not server.alive
    assert server.exit_code(1) == 0
    assert server.exit_code(2, timeout=0.1) is None


def test_it_leads_a_session_of_its_own_and_uses_one_thread(server):
    assert server._process.how["start_new_session"]
    assert server._process.how["env"]["OMP_NUM_THREADS"] == "1"
    assert "-P" in server._process.command
