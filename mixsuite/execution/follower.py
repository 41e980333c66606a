"""A process that trains along with a worker, as a rank other than 0."""

from __future__ import annotations

import pickle
import sys

from mixsuite.execution.process import prepare_process
from mixsuite.execution.ranks import group
from mixsuite.execution.worker import Worker
from mixsuite.models.ranks import Ranks


def main() -> None:
    """Train the block along that comes through the standard input, from the worker that started this process."""
    block, rank, world, folder = pickle.load(sys.stdin.buffer)
    prepare_process(block)
    with group(block.device, rank, world, folder):
        Worker().follow(block, Ranks(rank, world))
