"""What the functions share: options, names, and that no option is the command line's alone."""

import inspect

import pytest

from mixsuite import api
from mixsuite.cli import authors, claims, regression, runs, tuning
from mixsuite.errors import InputError
from mixsuite.testing import check

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"workers": 0}, "workers=0"), ({"executor": "lockstepp"}, "executor"), ({"rerun": "allways"}, "rerun"),
     ({"device": "gpu"}, "device"), ({"timeout": -1}, "timeout"), ({"seeds": []}, "seeds"),
     ({"data": "/none"}, "--data /none: no such folder")],
)  # fmt: skip
def test_options_are_checked(tiny, tmp_path, options, said):
    for ask in (api.run, api.dry_run):
        with pytest.raises(InputError, match=said):
            ask(str(tiny), out=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_option_that_there_is_not_is_refused(tiny):
    with pytest.raises(TypeError, match="sedes"):
        api.run(str(tiny), sedes="0")


OWN = {"wide", "dry_run", "perf", "form", "history", "skip_check"}  # of the command line alone


@pytest.mark.parametrize(
    ("function", "command"),
    [
        (api.run, runs.run),
        (api.compare, authors.compare),
        (api.regress, regression.regress),
        (api.claims, claims.claims),
        (api.tune, tuning.tune),
        (api.lengths, tuning.lengths),
    ],
)
def test_each_function_has_the_options_of_the_command_of_its_name(function, command):
    ours, theirs = (inspect.signature(f).parameters.keys() for f in (function, command))
    renamed = {"run": "matrix"} if function is api.regress else {}
    assert {renamed.get(name, name) for name in theirs} - OWN == ours - {"watch", "at_start"}


class InMemory:
    """A class that no file names."""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: api.run(methods=[InMemory]), "InMemory lives in memory alone"),
        (lambda: api.run(methods=InMemory), "InMemory lives in memory alone"),
        (lambda: api.dry_run(datasets=["wine", InMemory()]), "a InMemory lives in memory alone"),
        (lambda: api.compare(InMemory), "InMemory lives in memory alone"),
        (lambda: api.run(InMemory()), "a InMemory lives in memory alone"),
        (lambda: check(InMemory), "InMemory lives in memory alone"),
    ],
)
def test_a_class_or_an_object_in_memory_is_refused_in_one_line(call, said):
    with pytest.raises(InputError, match=said) as found:
        call()
    assert "%%writefile" in str(found.value) and "\n" not in str(found.value)
