"""Results folders made of records."""

import pytest
from support.board import write_board
from support.folders import write_folder


@pytest.fixture
def folder(tmp_path):
    """Make a results folder: folder({task: {method: values by seed}}, changes={(task, method, seed): {...}})."""
    return lambda values, *given, **more: write_folder(tmp_path, values, *given, **more)


@pytest.fixture
def board(tmp_path):
    """A results folder of four tasks, with cells that failed, were skipped and are short of seeds."""
    return write_board(tmp_path)
