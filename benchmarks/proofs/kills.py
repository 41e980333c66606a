"""Proof: a runner or worker that is killed at any moment loses at most the runs in flight, and nothing stays behind.

Each round starts a call on a matrix of short runs, kills something with SIGKILL, and lets the next round go on in the
same folder:

- runner: at a random moment after the first new record of the call;
- write:  the runner, when it has written half of a record's bytes;
- worker: one of two workers, again and again while the call goes on.

After every kill the lines that were whole before it must be there unchanged. After every call no process that it
started may live. At the end a call that is left alone must complete the matrix, with the same metrics and digests as a
folder that was never disturbed.

    python benchmarks/proofs/kills.py [--kills 300] [--out results/reference/kills.md]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import mixsuite.execution.worker  # so that what is forked has it
from mixsuite import api
from mixsuite.execution import forkserver, pool
from mixsuite.execution.forkserver import ForkServer
from mixsuite.results.record import Record
from mixsuite.results.record_files import read_records

WORKERS = 2
MARK = "MIXSUITE_PROOF_MARK"  # a variable that all processes of a call have
KINDS = {"runner": 0.5, "write": 0.1, "worker": 0.4}  # kind -> its share of the kills
MATRIX = """
seeds = "0-SEEDS"
datasets = ["iris(rows=20)@short"]
methods = ["erm", "mixup", "mixup(alpha=0.2)"]
[recipes.short]
model = "mlp(width=16, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 40
batch = 8
"""


@dataclass
class Proof:
    """What was done, and what was found.

    kills:  kind -> how many.
    torn:   torn last lines that were found after a kill.
    lost:   what was there before a kill and not after it.
    stayed: processes that lived on after their call.
    rest:   runs that the last calls trained.
    same:   whether all results equal those of folders that were never disturbed.
    """

    kills: Counter[str] = field(default_factory=Counter)
    torn: int = 0
    lost: list[str] = field(default_factory=list)
    stayed: int = 0
    rest: int = 0
    same: bool = True


class _Process:
    """A process that this one has forked, as ``subprocess`` would give it."""

    def __init__(self, pid: int) -> None:
        self.pid, self.code = pid, None

    def poll(self) -> int | None:
        with contextlib.suppress(ChildProcessError):
            if self.code is None and os.waitpid(self.pid, os.WNOHANG)[0]:
                self.code = 0
        return self.code

    def wait(self, timeout: float | None = None) -> int | None:
        end = time.monotonic() + (timeout or 60)
        while self.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        return self.code

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class _ForkedServer(ForkServer):
    """A fork server that is forked too: to import torch for each of hundreds of calls would take hours."""

    def __init__(self) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self._pipe, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            self._pipe.close()
            worker_pipe = forkserver._fork_workers(Connection(os.dup(theirs.fileno())))
            mixsuite.execution.worker.serve(worker_pipe)
        theirs.close()
        self._process, self._codes, self._asked = _Process(pid), {}, 0


def start(matrix: Path, out: Path, mark: str, torn_write: int = 0) -> _Process:
    """Start a call in a process of its own. torn_write: the record, from 1, of which half is written; 0: none."""
    pid = os.fork()
    if pid:
        return _Process(pid)
    os.setsid()
    os.environ[MARK] = mark
    pool.ForkServer = _ForkedServer  # type: ignore[misc]
    if torn_write:
        _tear(torn_write)
    with contextlib.suppress(BaseException):
        api.run(str(matrix), out=out, workers=WORKERS, executor="loop")
    os._exit(0)


def _tear(number: int) -> None:
    """Have this process die by SIGKILL in the middle of a write to a record file."""
    real, written = os.write, 0

    def write(file: int, data: bytes) -> int:
        nonlocal written
        if b'"schema"' in data[:20]:
            written += 1
            if written == number:
                real(file, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
        return real(file, data)

    os.write = write  # type: ignore[assignment]


def whole_lines(out: Path) -> bytes:
    """The bytes of the record file up to its last line end."""
    path = next(iter((out / "records").glob("*.jsonl")), None)
    content = path.read_bytes() if path else b""
    return content[: content.rfind(b"\n") + 1]


def marked(mark: str) -> list[int]:
    """The processes of a call that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            text, state = (path / "environ").read_bytes(), (path / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and int(path.name) != os.getpid() and f"{MARK}={mark}".encode() in text:
                found.append(int(path.name))
    return found


def workers_of(runner: int) -> list[int]:
    """The workers of a runner: children of its child."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return [worker for server in children.get(runner, []) for worker in children.get(server, [])]


def _grown(out: Path, before: int, runner: _Process) -> bool:
    """Wait until a call has recorded something; False if it ends first."""
    while len(whole_lines(out)) <= before:
        if runner.poll() is not None:
            return False
        time.sleep(0.002)
    return True


def one_round(proof: Proof, kind: str, matrix: Path, out: Path, draws: random.Random, kills: int) -> int:
    """Start a call and kill; return how often it was killed."""
    before, mark = whole_lines(out), f"{out}-{draws.random()}"
    runner = start(matrix, out, mark, draws.randint(1, 20) if kind == "write" else 0)
    done = 0
    if kind == "write":
        runner.wait(120)
        done = 1
    elif _grown(out, len(before), runner):
        for _ in range(min(kills, 8) if kind == "worker" else 1):
            time.sleep(draws.uniform(0, 0.1))
            targets = workers_of(runner.pid) if kind == "worker" else [runner.pid]
            for target in targets[:1] if kind == "runner" else draws.sample(targets, min(1, len(targets))):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(target, signal.SIGKILL)
                    done += 1
    runner.kill()
    runner.wait(60)
    end = time.monotonic() + 30
    while marked(mark) and time.monotonic() < end:
        time.sleep(0.01)
    proof.stayed += len(marked(mark))
    after = whole_lines(out)
    if not after.startswith(before):
        proof.lost.append(f"{kind} kill in {out.name}: {len(before)} bytes before, {len(after)} after")
    path = next(iter((out / "records").glob("*.jsonl")), None)
    proof.torn += path is not None and path.stat().st_size > len(after)
    proof.kills[kind] += done
    return done


def _read(out: Path) -> dict[str, Record]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_records(out)


def batches(kills: int) -> Iterator[tuple[str, int]]:
    """(kind, number of kills) of each folder: enough folders that none is large."""
    for kind, share in KINDS.items():
        left = round(kills * share)
        while left > 0:
            yield kind, min(left, 30)
            left -= 30


def prove(folder: Path, kills: int, seeds: int) -> Proof:
    """Kill calls again and again, then let them finish. seeds: of a folder's matrix; it has three runs a seed."""
    proof, draws = Proof(), random.Random(0)
    matrix = folder / "short.toml"
    matrix.write_text(MATRIX.replace("SEEDS", str(seeds - 1)))
    undisturbed = folder / "undisturbed"
    api.run(str(matrix), out=undisturbed, workers=WORKERS, executor="loop")
    wanted = {k: (r.status, r.metrics, r.digests) for k, r in _read(undisturbed).items()}
    for number, (kind, count) in enumerate(batches(kills)):
        out, done = folder / f"{kind}{number}", 0
        while done < count:
            killed = one_round(proof, kind, matrix, out, draws, count - done)
            done += killed
            if not killed:  # the matrix is complete: the rest goes to a new folder
                out = folder / f"{kind}{number}-{done}"
        left = len(_read(out))
        api.run(str(matrix), out=out, workers=WORKERS, executor="loop", rerun="failed")
        found = {k: (r.status, r.metrics, r.digests) for k, r in _read(out).items()}
        proof.rest += len(wanted) - left
        proof.same &= found == wanted
    return proof


def page(proof: Proof) -> str:
    """Write the proof as Markdown."""
    kinds = "\n".join(f"| {kind} | {proof.kills[kind]} |" for kind in KINDS)
    return f"""# Runners and workers killed

{__doc__.split("    python")[0].partition("behind.")[2].strip()}

| what was killed | kills |
| --- | ---: |
{kinds}

- lines that were whole before a kill and not there after it: {len(proof.lost)}
- torn last lines, which the next call cuts off: {proof.torn}
- processes that lived on after their call: {proof.stayed}
- runs left to the last calls: {proof.rest}
- metrics and digests of all runs equal to those of a folder that was never disturbed: {"yes" if proof.same else "NO"}

Remade by `make proofs`; the seed of the moments is 0.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=150, help="of each folder's matrix, which has three runs a seed")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        proof = prove(Path(folder), asked.kills, asked.seeds)
    print(page(proof), *proof.lost[:10], sep="\n")
    if asked.out:
        asked.out.write_text(page(proof), encoding="utf-8")
    return 0 if proof.same and not proof.lost and not proof.stayed else 1


if __name__ == "__main__":
    sys.exit(main())
