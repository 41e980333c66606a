"""``python -m mixsuite``."""

import runpy
import sys

import pytest

from mixsuite import __version__


def test_it_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mixsuite", "--version"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("mixsuite", run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"mixsuite {__version__}\n"
