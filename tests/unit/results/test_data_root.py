"""Where data sets are looked for."""

from pathlib import Path

import pytest

from mixsuite.errors import InputError
from mixsuite.results.data_root import data_root


def test_a_given_folder_comes_first_and_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXSUITE_DATA", "/elsewhere")
    assert data_root(tmp_path) == tmp_path
    with pytest.raises(InputError, match=r"--data .*none: no such folder"):
        data_root(tmp_path / "none")


def test_then_the_variable_then_the_users_cache(monkeypatch):
    monkeypatch.setenv("MIXSUITE_DATA", "/elsewhere")
    assert data_root(None) == Path("/elsewhere")
    monkeypatch.delenv("MIXSUITE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert data_root(None) == Path("/cache/mixsuite/data")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert data_root(None) == Path("/home/me/.cache/mixsuite/data")
