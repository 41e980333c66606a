"""Options that several commands have are the same in each, and as the suite allows."""

import inspect

import pytest

from mixsuite.cli import authors, claims, options, regression, runs
from mixsuite.cli.runs import Rerun
from mixsuite.execution.planning import ALLOWED

SHARED = {
    "datasets": options.Datasets, "seeds": options.Seeds, "data": options.Data, "device": options.DeviceOption,
    "workers": options.Workers, "executor": options.ExecutorOption, "timeout": options.Timeout,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [(options.Executor, "executor"), (Rerun, "rerun")])
def test_choices_are_those_that_are_allowed(kind, name):
    assert tuple(choice.value for choice in kind) == ALLOWED[name]


@pytest.mark.parametrize("command", [runs.run, authors.compare, regression.regress, claims.claims])
def test_commands_that_train_have_the_same_options(command):
    given = inspect.signature(command, eval_str=True).parameters
    assert {"data", "device", "workers", "executor", "timeout"} <= given.keys()
    for name, kind in SHARED.items():
        if name in given:
            assert given[name].annotation == kind, name
