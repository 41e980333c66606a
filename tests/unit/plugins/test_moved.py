"""Old imports say where their names are now."""

import importlib
import sys
from importlib.util import find_spec

import pytest

from mixsuite.plugins.moved import MOVED, put_up_signposts


@pytest.fixture(autouse=True)
def signposts(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    put_up_signposts()


@pytest.mark.parametrize("name", MOVED)
def test_an_old_module_is_not_there_and_says_where_to_look(name):
    with pytest.raises(ModuleNotFoundError) as error:
        importlib.import_module(name)
    assert str(error.value) == f"{name} has moved: import its names from {MOVED[name]} (docs/migration.md)"
    assert error.value.name == name


@pytest.mark.parametrize("name", sorted(set(MOVED.values())))
def test_the_new_module_is_there(name):
    for domain in ("images", "tabular", "speech", "graphs") if "<domain>" in name else ("",):
        assert find_spec(name.replace("<domain>", domain)) is not None


def test_other_modules_are_missing_as_ever_and_the_sign_stands_once():
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'mixsuite.nothing'$"):
        importlib.import_module("mixsuite.nothing")
    before = list(sys.meta_path)
    put_up_signposts()
    assert sys.meta_path == before
