"""The search space of a method on a task, and the runs that its settings make."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from mixsuite.errors import InputError, unknown
from mixsuite.experiment.build import make_method
from mixsuite.experiment.matrix import Matrix
from mixsuite.experiment.resolve import Experiment
from mixsuite.experiment.spec import MethodSpec, RunSpec, Task
from mixsuite.experiment.tune import Tune
from mixsuite.plugins.bind import every_parameter
from mixsuite.plugins.entry import Call, parse_call, plain_name
from mixsuite.plugins.space import Log, Range

Values = dict[str, Any]  # parameter -> value; those of the recipe by their names, the method's own with OWN before
RECIPE = ("lr", "weight_decay")
OWN = "method."
_AROUND = 10.0  # the factor both ways around the recipe's value
_NO_DECAY = Log(1e-5, 1e-2)  # where the recipe has none
_CORNERS = 1024  # combinations of ends that are built together


def space_of(task: Task, spec: MethodSpec, space: dict[str, Range], tune: Tune) -> dict[str, Range]:
    """The ranges that a search covers: learning rate, weight decay, and the method's own parameters.

    A parameter that the entry writes out, as in ``mixup(alpha=0.2)``, stays as it is written.

    Args:
        task: its recipe is the middle of the common ranges.
        spec: the method.
        space: of the method's class.
        tune: the matrix's table.
    """
    recipe = dict(task.recipe)
    lr, decay = recipe["lr"], recipe["weight_decay"]
    ranges: dict[str, Range] = {
        "lr": tune.lr or Log(lr / _AROUND, lr * _AROUND),
        "weight_decay": tune.weight_decay or (Log(decay / _AROUND, decay * _AROUND) if decay else _NO_DECAY),
    }
    fixed = {key for key, _ in parse_call(spec.name).params}
    own = space | tune.methods.get(spec.call.name, {})
    return ranges | {OWN + key: values for key, values in own.items() if key not in fixed}


def setting(run: RunSpec, values: Values) -> RunSpec:
    """The run with other values of its recipe and of its method's parameters; it keeps its names in tables.

    Raises:
        InputError: the method does not allow them.
    """
    recipe = dict(run.task.recipe) | {key: float(values[key]) for key in RECIPE if key in values}
    return RunSpec(replace(run.task, recipe=tuple(recipe.items())), _with(run.method, values), run.seed)


def defaults(run: RunSpec, space: dict[str, Range]) -> Values:
    """The values that a run has as the matrix writes it."""
    have = dict(run.task.recipe) | {OWN + key: value for key, value in run.method.call.params}
    return {key: have[key] for key in space}


def _with(spec: MethodSpec, values: Values) -> MethodSpec:
    own = {key.removeprefix(OWN): value for key, value in values.items() if key.startswith(OWN)}
    if not own:
        return spec
    call = Call(spec.call.name, tuple((key, own.get(key, value)) for key, value in spec.call.params))
    made = replace(spec, call=call)
    return replace(spec, call=Call(call.name, every_parameter(make_method(made))))


def check_spaces(matrix: Matrix, tune: Tune, experiment: Experiment) -> None:
    """Refuse a table [tune] that names what there is not, and spaces that leave what a method allows.

    Raises:
        InputError: a method or a parameter is unknown, or an end of a range is refused by the method.
    """
    texts = (matrix.reference, *matrix.methods)
    known = {spec.call.name for spec in experiment.methods} | {plain_name(parse_call(text).name) for text in texts}
    for name in tune.methods:
        if name not in known:
            raise InputError(f"{matrix.source}: [tune.methods]: {unknown('method of this matrix', name, known)}")
    for spec in experiment.methods:
        have = [key for key, _ in spec.call.params]
        for key in tune.methods.get(spec.call.name, {}):
            if key not in have:
                raise InputError(f"[tune.methods.{spec.call.name}]: {unknown('parameter', key, have)}")
        own = space_of(experiment.tasks[0], spec, experiment.method_of[spec.name].space, tune)
        _check_ends(spec, {key: values for key, values in own.items() if key.startswith(OWN)})


def _check_ends(spec: MethodSpec, own: dict[str, Range]) -> None:
    """Build the method at the ends of its ranges: all of them together, or one at a time where they are many."""
    ends = {key: values.ends() for key, values in own.items()}
    if prod(map(len, ends.values())) <= _CORNERS:
        corners = [dict(zip(ends, corner, strict=True)) for corner in product(*ends.values())]
    else:
        corners = [{key: end} for key, values in ends.items() for end in values]
    for corner in corners:
        try:
            _with(spec, corner)
        except InputError as error:
            raise InputError(f"tune: the space of {spec.name} leaves what it allows: {error}") from None
