"""A process that trains along with a worker, as a rank other than 0."""

from __future__ import annotations

import os
import pickle
import sys
import threading

from mixsuite.execution.process import prepare_process
from mixsuite.execution.ranks import group
from mixsuite.execution.worker import Worker
from mixsuite.models.ranks import Ranks


def main() -> None:
    """Train the block along that comes through the standard input, from the worker that started this process."""
    block, rank, world, folder = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_it, args=(sys.stdin.fileno(),), daemon=True).start()
    prepare_process(block)
    with group(block.device, rank, world, folder):
        Worker().follow(block, Ranks(rank, world))


def _end_with_it(pipe: int) -> None:
    """End this process when the worker is gone, whatever it waits for. pipe: from the worker, which says no more."""
    while os.read(pipe, 1):
        pass
    os._exit(1)
