"""Outsiders' code neither ends the process nor moves it."""

import os
from pathlib import Path

import pytest

from mixsuite.plugins.guard import guarded


def test_the_end_of_the_process_is_an_exception(tmp_path):
    end, here = os._exit, Path.cwd()
    with pytest.raises(SystemExit, match=r"os._exit\(3\)"), guarded():
        os.chdir(tmp_path)
        os._exit(3)
    assert os._exit is end
    assert Path.cwd() == here
