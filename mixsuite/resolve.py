"""From a matrix's names to cells: tasks and methods with every parameter, and the objects behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mixsuite import plugins
from mixsuite.code import code_of, probe_hash
from mixsuite.domains.contract import Dataset, Domain
from mixsuite.errors import InputError, unknown
from mixsuite.matrix import Matrix, check_model
from mixsuite.mixing import Method
from mixsuite.recipe import Recipe, shipped_recipes
from mixsuite.robustness import Probe
from mixsuite.spec import Call, MethodSpec, ProbeSpec, RunSpec, Task, parse_call, parse_entry

DOMAINS = "mixsuite.domains"
KINDS = ("class", "multilabel", "regression")
_NOT_DOMAINS = ("contract", "build", "split", "layers", "stack")


@dataclass(frozen=True)
class Resolved:
    """A matrix with every name resolved: tasks, methods, the reference's name, what is left out, and probes."""

    tasks: tuple[Task, ...]
    methods: tuple[MethodSpec, ...]
    seeds: tuple[int, ...]
    reference: str
    exclude: tuple[str, ...]
    probes: tuple[ProbeSpec, ...] = ()

    def runs(self) -> list[RunSpec]:
        """Every run of the matrix, task by task, seed by seed, so that one dataset is held at a time."""
        return [
            RunSpec(task, method, seed)
            for task in self.tasks
            for seed in self.seeds
            for method in self.methods
            if not self.excluded(task, method)
        ]

    def excluded(self, task: Task, method: MethodSpec) -> bool:
        """Whether a pattern "METHOD x DATASET" names the cell, by name alone or with parameters."""
        for text in self.exclude:
            one, other = text.split(" x ")
            names = (method.name, method.call.name), (task.name, task.shown_dataset, task.dataset.name)
            if any(fnmatchcase(n, one) for n in names[0]) and any(fnmatchcase(n, other) for n in names[1]):
                return True
        return False


def make_method(spec: MethodSpec) -> Method:
    """The method object of a spec."""
    method: Method = _object(plugins.METHODS, spec.call, spec.source, Method)
    return method


def make_dataset(task: Task) -> Dataset:
    """The dataset object of a task."""
    dataset: Dataset = _object(plugins.DATASETS, task.dataset, task.source, Dataset)
    return dataset


def make_domain(name: str) -> Domain:
    """The adapter of a domain, found by file name.

    Raises:
        InputError: no such domain.
    """
    own = [n for n in plugins.names(DOMAINS) if n not in _NOT_DOMAINS]
    if name not in own:
        raise unknown("domain", name, own)
    domain: Domain = plugins.load_class(DOMAINS, plugins.folder(DOMAINS) / f"{name}.py", Domain)()
    return domain


def _object(package: str, call: Call, source: str | None, base: type) -> Any:
    path = Path(source) if source else plugins.folder(package) / f"{call.name}.py"
    what = package.rsplit(".", 1)[1].removesuffix("s")
    return plugins.instantiate(plugins.load_class(package, path, base), call, what)


def _open(package: str, call: Call, base: type) -> tuple[str, Any, str | None]:
    """(short name, object, source file if it is an outsider's) of a call."""
    name, thing, path = plugins.open_one(package, call, base)
    return name, thing, None if path.parent == plugins.folder(package) else str(path)


def resolve_method(text: str) -> MethodSpec:
    """A method entry with every parameter filled in: ``mixup`` and ``mixup(alpha=1.0)`` are one."""
    name, method, source = _open(plugins.METHODS, parse_call(text), Method)
    return MethodSpec(plugins.shown(name, method), Call(name, plugins.every_parameter(method)), source, method.control)


def resolve_probe(text: str) -> ProbeSpec:
    """A probe entry with every parameter filled in."""
    name, probe, source = _open(plugins.PROBES, parse_call(text), Probe)
    return ProbeSpec(plugins.shown(name, probe), Call(name, plugins.every_parameter(probe)), source)


def make_probe(spec: ProbeSpec) -> Probe:
    """The probe object of a spec."""
    probe: Probe = _object(plugins.PROBES, spec.call, spec.source, Probe)
    return probe


def resolve_task(text: str, matrix: Matrix) -> Task:
    """A dataset entry ``name(...)@recipe`` with every parameter and the recipe's values filled in."""
    call, recipe_name = parse_entry(text)
    name, dataset, source = _open(plugins.DATASETS, call, Dataset)
    domain = make_domain(type(dataset).domain)
    if dataset.kind not in KINDS:
        raise unknown(f"kind of {name}", dataset.kind, KINDS)
    recipe_name = recipe_name or type(dataset).recipe
    shipped = shipped_recipes()
    if recipe_name in matrix.recipes:
        recipe = matrix.recipes[recipe_name]
    elif recipe_name in shipped:
        recipe = check_model(Recipe, shipped[recipe_name], f"recipe {recipe_name}")
    else:
        raise unknown("recipe", recipe_name, {*matrix.recipes, *shipped})
    model = parse_call(recipe.model).name
    if model not in domain.models:
        raise InputError(f"recipe {recipe_name}: {unknown('model', model, domain.models)} in {type(dataset).domain}")
    domain.augment(recipe)
    shown = plugins.shown(name, dataset)
    return Task(
        name=shown if recipe_name == type(dataset).recipe else f"{shown}@{recipe_name}",
        domain=type(dataset).domain,
        dataset=Call(name, plugins.every_parameter(dataset)),
        recipe_name=recipe_name,
        recipe=recipe.params(),
        select=matrix.select,
        classification=dataset.kind != "regression",
        source=source,
    )


def resolve(
    matrix: Matrix,
    methods: list[str] | None = None,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
) -> Resolved:
    """A matrix, narrowed or widened as the command line asks, with every name resolved.

    Args:
        methods: replaces the matrix's list; the reference is added where it is absent.
        datasets: each selects the matrix's entries of that name whatever their parameters, or, where it
            has parameters, a recipe or no match, is added as it stands.

    Raises:
        InputError: anything unknown or out of range, named, with what is allowed.
    """
    reference = resolve_method(matrix.reference)
    wanted = [resolve_method(text) for text in (methods if methods is not None else matrix.methods)]
    if reference not in wanted:
        wanted.insert(0, reference)
    tasks = [resolve_task(text, matrix) for text in _entries(matrix, datasets)]
    resolved_methods, resolved_tasks = _distinct("method", wanted), _distinct("dataset", tasks)
    probes = _distinct("probe", [resolve_probe(text) for text in matrix.probes])
    found = Resolved(resolved_tasks, resolved_methods, seeds or matrix.seeds, reference.name, matrix.exclude, probes)
    everything = Resolved(
        tuple(resolve_task(text, matrix) for text in matrix.datasets),
        tuple(resolve_method(text) for text in (*matrix.methods, matrix.reference)),
        (0,),
        reference.name,
        (),
    )
    for text in matrix.exclude:
        alone = replace(everything, exclude=(text,))
        if not any(alone.excluded(run.task, run.method) for run in everything.runs()):
            raise InputError(f"exclude '{text}': no cell of the matrix is named by it")
    return found


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
    """Items without repeats.

    Raises:
        InputError: two different ones would bear the same name in the tables.
    """
    kept: dict[str, Any] = {}
    for item in items:
        twin = next((k for k in kept.values() if k.canonical() == item.canonical() and k.name != item.name), None)
        if twin is not None:
            raise InputError(f"{what}s '{twin.name}' and '{item.name}' are one and the same; leave one out")
        other = kept.setdefault(item.name, item)
        if other != item or other.source != item.source:
            raise InputError(
                f"{what} '{item.name}' is given twice with different contents "
                f"({other.source} and {item.source}); rename one"
            )
    return tuple(kept.values())


def code_for(spec: RunSpec) -> dict[str, Any]:
    """The code fingerprint of a run (mixsuite.code)."""
    method, dataset = type(make_method(spec.method)), type(make_dataset(spec.task))
    needs = (*make_domain(spec.task.domain).requires, *dataset.requires)
    return code_of(plugins.sources(method), plugins.sources(dataset), spec.task.domain, needs)


def code_for_probe(spec: ProbeSpec) -> str:
    """The code fingerprint of a probe (mixsuite.code)."""
    return probe_hash(plugins.sources(type(make_probe(spec))))
