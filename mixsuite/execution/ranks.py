"""The further processes of a block whose runs share their rows among several devices.

The worker is rank 0: it alone keeps checkpoints, evaluates and answers. The others open the same task and train along.
They belong to the worker's session, so they end with it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import torch
import torch.distributed as dist

from mixsuite.execution.messages import TrainBlock
from mixsuite.models.ranks import Ranks
from mixsuite.training.checkpoint import Checkpoint

_MAIN = "from mixsuite.execution.follower import main; main()"
_LONG = datetime.timedelta(days=30)  # that a rank may wait for the others: the pool's time-out ends what hangs


@dataclass
class Joined:
    """The ranks of a block, and the processes of those other than 0.

    ranks: this process's place; None: the block's runs are trained by it alone.
    """

    ranks: Ranks | None = None
    others: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = field(default_factory=list)

    def death(self, seconds: float = 2.0) -> str:
        """How the first rank that is gone ended, with the last part of what it said; "" if none is within a time."""
        until = time.monotonic() + seconds
        while self.others:
            for rank, (process, log) in enumerate(self.others, 1):
                if process.poll():
                    log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
                    said = log.read().decode(errors="replace").strip()
                    return f"rank {rank} of {len(self.others) + 1} died: exit status {process.returncode}\n\n{said}"
            if time.monotonic() >= until:
                break
            time.sleep(0.05)
        return ""

    def blamed(self, error: Exception) -> Exception:
        """The error of a run, or, where this process has lost another one, how that one died."""
        lost = isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error))
        death = self.death() if lost else ""
        return RuntimeError(death) if death else error


@contextlib.contextmanager
def joined(block: TrainBlock) -> Iterator[Joined]:
    """Start the further ranks of a block, if its recipe asks for several devices, and end them behind it.

    Raises:
        RuntimeError: one of them died before they met.
    """
    world = block.task.devices
    if world == 1:
        yield Joined()
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.ExitStack() as stack:
        together = Joined(Ranks(0, world))
        for rank in range(1, world):
            log = stack.enter_context(tempfile.TemporaryFile())
            command = [sys.executable, "-P", "-c", _MAIN]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=Path.cwd())
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdin is not None
            stack.enter_context(contextlib.suppress(OSError))
            stack.enter_context(process.stdin)  # whose end tells the rank that this process is gone
            with contextlib.suppress(OSError):  # one that died has its say below
                pickle.dump((block, rank, world, folder), process.stdin)
                process.stdin.flush()
            together.others.append((process, log))

        def watch() -> None:
            if death := together.death(seconds=0.0):
                raise RuntimeError(death)

        with group(block.device, 0, world, folder, watch):
            shutil.rmtree(folder, ignore_errors=True)  # it would stay behind if this process were killed
            yield together


@contextlib.contextmanager
def group(device: str, rank: int, world: int, folder: str, watch: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Meet the other ranks in a folder, which is not needed afterwards. watch: called while they are awaited."""
    kind = "gloo" if device == "cpu" else "nccl"
    if device != "cpu":
        torch.cuda.set_device(rank)
    store = dist.FileStore(f"{folder}/ranks", world)  # type: ignore[attr-defined]
    store.set(f"there {rank}", "yes")
    while not store.check([f"there {other}" for other in range(world)]):
        watch()
        time.sleep(0.05)
    # Over gloo a rank that dies is noticed at once. Over NCCL it is not: there torch's own time-out ends the wait.
    patience = _LONG if kind == "gloo" else None
    dist.init_process_group(kind, store=store, rank=rank, world_size=world, timeout=patience)
    dist.barrier()
    try:
        yield
    finally:
        dist.destroy_process_group()


@dataclass(frozen=True)
class Followed:
    """A checkpoint that rank 0 keeps, as the other ranks go on from it."""

    kept: Checkpoint

    @property
    def name(self) -> str:
        """As messages call it."""
        return self.kept.name

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """As ``Checkpoint.load``."""
        return self.kept.load(device)

    def due(self) -> bool:
        """Never."""
        return False

    def keep(self, state: dict[str, Any]) -> None:
        """Nothing: rank 0 does."""
