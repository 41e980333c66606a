"""Outsiders' code neither ends the process nor moves it."""

import os
from pathlib import Path

import pytest

from mixsuite.plugins.guard import guarded


def test_the_end_of_the_process_is_an_exception(tmp_path):
    end, here = os._exit, Path.cwd()

    def leave():
        with guarded():
            os.chdir(tmp_path)
            os._exit(3)

    with pytest.raises(SystemExit, match=r"os._exit\(3\)"):
        leave()
    assert os._exit is end
    assert Path.cwd() == here
