"""Resolve a matrix's names into an experiment: tasks, methods and probes with every parameter, and their objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from mixsuite.domains.base import Dataset, Domain
from mixsuite.errors import InputError, unknown
from mixsuite.evaluation.base import Probe
from mixsuite.experiment.build import find_domain, load_domain
from mixsuite.experiment.matrix import Matrix
from mixsuite.experiment.spec import MethodSpec, ProbeSpec, RunSpec, Task
from mixsuite.mixing.method import Method
from mixsuite.models.base import Model
from mixsuite.plugins.bind import every_parameter
from mixsuite.plugins.entry import Call, parse_entry
from mixsuite.plugins.kinds import DATASET, METHOD, MODEL, PROBE, builtin_files
from mixsuite.plugins.load import Plugin, Source, load_plugin
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe, shipped_recipes

TARGETS = ("class", "multilabel", "regression")  # kinds of target


@dataclass(frozen=True)
class Experiment:
    """A matrix with every name resolved.

    reference: the name of the method that others are compared with.
    exclude:   patterns "METHOD x DATASET".
    method_of, probe_of: the objects by the names of methods and probes.
    dataset_of, domain_of, model_of: the objects by the names of tasks.
    """

    tasks: tuple[Task, ...]
    methods: tuple[MethodSpec, ...]
    seeds: tuple[int, ...]
    reference: str
    exclude: tuple[str, ...]
    probes: tuple[ProbeSpec, ...] = ()
    method_of: dict[str, Method] = field(default_factory=dict, compare=False)
    dataset_of: dict[str, Dataset] = field(default_factory=dict, compare=False)
    domain_of: dict[str, Domain] = field(default_factory=dict, compare=False)
    probe_of: dict[str, Probe] = field(default_factory=dict, compare=False)
    model_of: dict[str, Model] = field(default_factory=dict, compare=False)

    def runs(self) -> list[RunSpec]:
        """Every run of the matrix, task by task and seed by seed, so that one data set is in memory at a time."""
        return [
            RunSpec(task, method, seed)
            for task in self.tasks
            for seed in self.seeds
            for method in self.methods
            if not self.excluded(task, method)
        ]

    def excluded(self, task: Task, method: MethodSpec) -> bool:
        """Whether a pattern "METHOD x DATASET" matches the cell, by name alone or with parameters."""
        for text in self.exclude:
            method_glob, task_glob = text.split(" x ")
            names = (method.name, method.call.name), (task.name, task.shown_dataset, task.dataset.name)
            if any(fnmatchcase(n, method_glob) for n in names[0]) and any(fnmatchcase(n, task_glob) for n in names[1]):
                return True
        return False


def resolve_method(text: str) -> MethodSpec:
    """Fill in every parameter of a method entry: ``mixup`` and ``mixup(alpha=1.0)`` become the same.

    Raises:
        InputError: no such method or parameter, or a value that is not allowed.
    """
    return _method(text)[0]


def _method(text: str) -> tuple[MethodSpec, Method]:
    plugin = load_plugin(METHOD, text, Method)
    method: Method = plugin.instance
    call = Call(plugin.name, every_parameter(method))
    return MethodSpec(plugin.display_name, call, plugin.source.address, method.control), method


def resolve_probe(text: str) -> ProbeSpec:
    """Fill in every parameter of a probe entry.

    Raises:
        InputError: no such probe or parameter, or a value that is not allowed.
    """
    return _probe(text)[0]


def _probe(text: str) -> tuple[ProbeSpec, Probe]:
    plugin = load_plugin(PROBE, text, Probe)
    call = Call(plugin.name, every_parameter(plugin.instance))
    return ProbeSpec(plugin.display_name, call, plugin.source.address), plugin.instance


def resolve_task(text: str, matrix: Matrix) -> Task:
    """Fill in every parameter of a dataset entry ``name(...)@recipe``, and the recipe's values.

    Raises:
        InputError: no such data set, recipe, model or parameter, or a value that is not allowed.
    """
    return _task(text, matrix)[0]


def _task(text: str, matrix: Matrix) -> tuple[Task, Dataset, Domain, Model]:
    call, recipe_name = parse_entry(text)
    plugin = load_plugin(DATASET, call, Dataset)
    dataset: Dataset = plugin.instance
    if dataset.kind not in TARGETS:
        raise unknown(f"kind of {plugin.name}", dataset.kind, TARGETS)
    source = find_domain(type(dataset).domain, plugin.source.path)
    domain = load_domain(source)
    recipe_name = recipe_name or type(dataset).recipe
    recipe = _recipe(recipe_name, matrix)
    model, recipe = _model(recipe, recipe_name, source)
    domain.augment(recipe.augment)
    task = Task(
        name=plugin.display_name + ("" if recipe_name == type(dataset).recipe else f"@{recipe_name}"),
        domain=source.name,
        dataset=Call(plugin.name, every_parameter(dataset)),
        recipe_name=recipe_name,
        recipe=recipe.params(),
        select=matrix.select,
        classification=dataset.kind != "regression",
        source=plugin.source.address,
        domain_source=source.address,
        model_source=model.source.address,
    )
    return task, dataset, domain, model.instance


def _model(recipe: Recipe, name: str, domain: Source) -> tuple[Plugin, Recipe]:
    """(a recipe's model, the recipe with every parameter of it written out); the recipe's dropout is the model's.

    Raises:
        InputError: no such model or parameter, or the model is made for other domains.
    """
    try:
        plugin = load_plugin(MODEL, recipe.model, Model)
    except InputError as error:
        raise InputError(f"recipe {name}: {error}") from None
    model: Model = plugin.instance
    made_for = type(model).domains
    if domain.address is None and made_for and domain.name not in made_for:
        fitting = [key for key, path in builtin_files(MODEL).items() if path.parent.name == domain.name]
        raise InputError(
            f"recipe {name}: model '{plugin.name}' is made for {', '.join(made_for)}, not for {domain.name} "
            f"(allowed: {', '.join(fitting)}, or a file of your own)"
        )
    own = getattr(model, "dropout", None)
    if recipe.dropout and own is None:
        raise InputError(f"recipe {name}: dropout={recipe.dropout}: model '{plugin.name}' has no parameter dropout")
    if recipe.dropout and own not in (0, recipe.dropout):
        raise InputError(f"recipe {name}: dropout is {own} in model and {recipe.dropout} beside it; give one")
    if own is not None:
        model = replace(model, dropout=own or recipe.dropout)  # type: ignore[call-arg]
        recipe = recipe.model_copy(update={"dropout": float(own or recipe.dropout)})
    text = str(Call(plugin.name, every_parameter(model)))
    return replace(plugin, instance=model), recipe.model_copy(update={"model": text})


def _recipe(name: str, matrix: Matrix) -> Recipe:
    """Look up a recipe by name: the matrix's own, else a shipped one."""
    if name in matrix.recipes:
        return matrix.recipes[name]
    shipped = shipped_recipes()
    if name not in shipped:
        raise unknown("recipe", name, {*matrix.recipes, *shipped})
    recipe: Recipe = check_model(Recipe, shipped[name], f"recipe {name}")
    return recipe


def resolve(
    matrix: Matrix,
    methods: list[str] | None = None,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
) -> Experiment:
    """Resolve every name of a matrix, narrowed or widened as a call asks.

    Args:
        matrix: as it was read.
        methods: replace the matrix's methods; the reference is added if it is absent.
        datasets: a bare name selects the matrix's entries of that name, whatever their parameters. An entry that has
            parameters or a recipe, or that matches none, is added as it stands.
        seeds: replace the matrix's seeds.

    Raises:
        InputError: anything unknown or out of range; the message names it, and what is allowed.
    """
    reference = _method(matrix.reference)
    chosen = [_method(text) for text in (methods if methods is not None else matrix.methods)]
    if reference[0] not in [spec for spec, _ in chosen]:
        chosen.insert(0, reference)
    tasks = [_task(text, matrix) for text in _entries(matrix, datasets)]
    probes = [_probe(text) for text in matrix.probes]
    experiment = Experiment(
        _distinct("dataset", [task for task, *_ in tasks]),
        _distinct("method", [spec for spec, _ in chosen]),
        seeds or matrix.seeds,
        reference[0].name,
        matrix.exclude,
        _distinct("probe", [spec for spec, _ in probes]),
        {spec.name: method for spec, method in chosen},
        {task.name: dataset for task, dataset, *_ in tasks},
        {task.name: domain for task, _, domain, _ in tasks},
        {spec.name: probe for spec, probe in probes},
        {task.name: model for task, *_, model in tasks},
    )
    if matrix.exclude:
        _check_patterns(matrix)
    return experiment


def _check_patterns(matrix: Matrix) -> None:
    """Refuse a pattern that matches no cell of the whole matrix, whichever part of it the call asks for."""
    experiment = Experiment(
        tuple(resolve_task(text, matrix) for text in matrix.datasets),
        tuple(resolve_method(text) for text in (*matrix.methods, matrix.reference)),
        (0,),
        matrix.reference,
        (),
    )
    for text in matrix.exclude:
        alone = replace(experiment, exclude=(text,))
        if not any(alone.excluded(run.task, run.method) for run in experiment.runs()):
            raise InputError(f"exclude '{text}': no cell of the matrix is named by it")


def _entries(matrix: Matrix, datasets: list[str] | None) -> list[str]:
    if datasets is None:
        return list(matrix.datasets)
    entries: list[str] = []
    for text in datasets:
        call, recipe = parse_entry(text)
        same = [e for e in matrix.datasets if parse_entry(e)[0].name == call.name]
        entries += same if same and not call.params and recipe is None else [text]
    return entries


def _distinct(what: str, items: list[Any]) -> tuple[Any, ...]:
    """Drop repeated items.

    Raises:
        InputError: two different items have the same name in the tables, or two names mean the same item.
    """
    by_name: dict[str, Any] = {}
    for item in items:
        twin = next((k for k in by_name.values() if k.canonical() == item.canonical() and k.name != item.name), None)
        if twin is not None:
            raise InputError(f"{what}s '{twin.name}' and '{item.name}' are one and the same; leave one out")
        other = by_name.setdefault(item.name, item)
        if other != item or other.source != item.source:
            raise InputError(
                f"{what} '{item.name}' is given twice with different contents "
                f"({other.source} and {item.source}); rename one"
            )
    return tuple(by_name.values())
