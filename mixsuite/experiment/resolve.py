"""Resolve a matrix's names into an experiment: its tasks, methods, probes and metrics, with every parameter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import isfinite
from typing import Any

from mixsuite.domains.base import Dataset, own_path
from mixsuite.errors import InputError, unknown
from mixsuite.evaluation.base import Probe
from mixsuite.evaluation.metric import Metric
from mixsuite.evaluation.scores import ALWAYS, TAKEN
from mixsuite.experiment.build import find_domain, load_domain
from mixsuite.experiment.matrix import Matrix
from mixsuite.experiment.parts import Parts
from mixsuite.experiment.recipe_parts import augmentations_of, model_of, part_of, recipe_named
from mixsuite.experiment.spec import (
    EvaluationSpec,
    MethodSpec,
    RunSpec,
    Task,
    parse_stretched,
    stretched_name,
)
from mixsuite.mixing.method import Method
from mixsuite.models.saved_weights import SavedWeights
from mixsuite.plugins.bind import every_parameter
from mixsuite.plugins.entry import Call, parse_call, parse_entry
from mixsuite.plugins.kinds import (
    DATASET,
    METHOD,
    METRIC,
    OPTIMIZER,
    PROBE,
    SCHEDULE,
    Kind,
    builtin_files,
)
from mixsuite.plugins.load import load_plugin
from mixsuite.plugins.sweeps import swept
from mixsuite.stats.primary import Primary
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.schedule import Schedule

TARGETS = ("class", "multilabel", "regression")  # kinds of target
Named = tuple[Task, Parts]  # a task and what it names


@dataclass(frozen=True)
class Experiment:
    """A matrix with every name resolved.

    reference: the name of the method that others are compared with.
    exclude:   patterns "METHOD x DATASET".
    ranked:    the names of the methods that are ranked over tasks; none: every one that can be.
    probes, metrics: what is measured of each trained model; no two have one name.
    method_of, probe_of, metric_of: the objects by the names of methods, probes and metrics.
    parts_of:  what each task names, by the task's name.
    """

    tasks: tuple[Task, ...]
    methods: tuple[MethodSpec, ...]
    seeds: tuple[int, ...]
    reference: str
    exclude: tuple[str, ...]
    ranked: tuple[str, ...] = ()
    probes: tuple[EvaluationSpec, ...] = ()
    metrics: tuple[EvaluationSpec, ...] = ()
    method_of: dict[str, Method] = field(default_factory=dict, compare=False)
    parts_of: dict[str, Parts] = field(default_factory=dict, compare=False)
    probe_of: dict[str, Probe] = field(default_factory=dict, compare=False)
    metric_of: dict[str, Metric] = field(default_factory=dict, compare=False)

    def metrics_for(self, task: Task) -> tuple[EvaluationSpec, ...]:
        """The metrics that a task's kind of target has."""
        kind = self.parts_of[task.name].dataset.kind
        return tuple(spec for spec in self.metrics if kind in type(self.metric_of[spec.name]).kinds)

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


def _swept(text: str) -> list[Call]:
    return swept(METHOD, text, Method)


def _method(entry: str | Call) -> tuple[MethodSpec, Method]:
    plugin = load_plugin(METHOD, entry, Method)
    method: Method = plugin.instance
    call = Call(plugin.name, every_parameter(method))
    return MethodSpec(plugin.display_name, call, plugin.source.address, method.control), method


def resolve_probe(text: str) -> EvaluationSpec:
    """Fill in every parameter of a probe entry.

    Raises:
        InputError: no such probe or parameter, or a value that is not allowed.
    """
    return _evaluation(PROBE, text, Probe)[0]


def resolve_metric(text: str) -> EvaluationSpec:
    """Fill in every parameter of a metric entry.

    Raises:
        InputError: no such metric or parameter, or a value that is not allowed.
    """
    return _metric(text)[0]


def _evaluation(kind: Kind, text: str, base: type) -> tuple[EvaluationSpec, Any]:
    plugin = load_plugin(kind, text, base)
    call = Call(plugin.name, every_parameter(plugin.instance))
    return EvaluationSpec(plugin.display_name, call, plugin.source.address), plugin.instance


def _metric(text: str) -> tuple[EvaluationSpec, Metric]:
    """The metric of an entry.

    Raises:
        InputError: as for ``resolve_metric``, or its class says nothing of its direction, or names an unknown kind.
    """
    name = parse_call(text).name
    if name in ALWAYS:
        raise InputError(f"metric '{name}': every run has it; primary = \"{name}\" bases the verdicts on it")
    spec, metric = _evaluation(METRIC, text, Metric)
    cls, where = type(metric), spec.source or spec.call.name
    for kind in cls.kinds:
        if kind not in TARGETS:
            raise InputError(f"metric {where}: {unknown('kind', kind, TARGETS)}")
    better = getattr(cls, "better", None)
    if better not in ("lower", "higher"):
        raise InputError(f"metric {where}: better = {better!r}: allowed: 'lower', 'higher'")
    if spec.call.name in TAKEN:
        raise InputError(f"metric {where}: '{spec.call.name}' is a number or a column of every table; rename the file")
    return spec, metric


def _primary(text: str, metrics: list[tuple[EvaluationSpec, Metric]]) -> tuple[Primary, tuple[str, ...]] | None:
    """(the primary metric, the kinds of target that have it); None where the matrix names none.

    metrics: the matrix's; the primary one is added if it is absent.

    Raises:
        InputError: no such metric, or it names no optimum.
    """
    if not text:
        return None
    if text in ALWAYS:
        return ALWAYS[text]
    call = parse_call(text)
    if call.name not in builtin_files(METRIC) and call.name.isidentifier():
        raise unknown("primary metric", call.name, {*ALWAYS, *builtin_files(METRIC)})
    spec, metric = _metric(text)
    cls = type(metric)
    if cls.optimum is None or not isfinite(cls.optimum):
        raise InputError(f"primary '{text}': its class names no optimum, from which a margin could be measured")
    if spec not in [known for known, _ in metrics]:
        metrics.append((spec, metric))
    return Primary(spec.name, cls.better, float(cls.optimum)), cls.kinds


def resolve_task(text: str, matrix: Matrix) -> Task:
    """Fill in every parameter of a dataset entry ``name(...)@recipe``, and the recipe's values.

    Raises:
        InputError: no such data set, recipe, model or parameter, or a value that is not allowed.
    """
    return _task(text, matrix)[0]


def _task(text: str, matrix: Matrix) -> Named:
    call, recipe_name = parse_entry(text)
    plugin = load_plugin(DATASET, call, Dataset)
    dataset: Dataset = plugin.instance
    if dataset.kind not in TARGETS:
        raise unknown(f"kind of {plugin.name}", dataset.kind, TARGETS)
    source = find_domain(type(dataset).domain, plugin.source.path)
    domain = load_domain(source)
    recipe_name, length = parse_stretched(recipe_name or "")
    recipe_name = recipe_name or type(dataset).recipe
    recipe = recipe_named(recipe_name, matrix).stretched(length)
    model, recipe = model_of(recipe, recipe_name, source)
    optimizer, recipe = part_of(recipe, recipe_name, "optimizer", OPTIMIZER, Optimizer)
    schedule, recipe = part_of(recipe, recipe_name, "schedule", SCHEDULE, Schedule)
    augment, recipe = augmentations_of(recipe, recipe_name, source)
    weights = SavedWeights.of(own_path(recipe.weights)) if recipe.weights else None
    if weights:
        recipe = recipe.model_copy(update={"weights": weights.digest})
    outside = {
        "dataset": plugin.source.address,
        "domain": source.address,
        "model": model.source.address,
        "optimizer": optimizer.source.address,
        "schedule": schedule.source.address,
        **{f"augment {place}": step.source.address for place, step in enumerate(augment)},
        "weights": str(weights.path) if weights else None,
    }
    shown = stretched_name(recipe_name, length)
    task = Task(
        name=plugin.display_name + ("" if shown == type(dataset).recipe else f"@{shown}"),
        domain=source.name,
        dataset=Call(plugin.name, every_parameter(dataset)),
        recipe_name=shown,
        recipe=recipe.params(),
        select=matrix.select,
        classification=dataset.kind != "regression",
        addresses=tuple((part, address) for part, address in outside.items() if address),
    )
    steps = tuple(step.instance for step in augment)
    return task, Parts(dataset, domain, model.instance, optimizer.instance, schedule.instance, steps, weights)


def resolve(
    matrix: Matrix,
    methods: list[str] | None = None,
    datasets: list[str] | None = None,
    seeds: tuple[int, ...] | None = None,
) -> Experiment:
    """Resolve every name of a matrix, narrowed or widened as a call asks.

    Args:
        matrix: as it was read.
        methods: replace the matrix's methods; the reference is added if it is absent. A list in place of a value is a
            sweep: a method for each item.
        datasets: a bare name selects the matrix's entries of that name, whatever their parameters. An entry that has
            parameters or a recipe, or that matches none, is added as it stands.
        seeds: replace the matrix's seeds.

    Raises:
        InputError: anything unknown or out of range; the message names it, and what is allowed.
    """
    reference = _method(matrix.reference)
    chosen = [_method(call) for text in (methods if methods is not None else matrix.methods) for call in _swept(text)]
    if reference[0] not in [spec for spec, _ in chosen]:
        chosen.insert(0, reference)
    tasks = [_task(text, matrix) for text in _at_every_length(_entries(matrix, datasets), matrix.lengths)]
    probes = [_evaluation(PROBE, text, Probe) for text in matrix.probes]
    metrics = [_metric(text) for text in matrix.metrics]
    tasks = _judged(tasks, matrix, _primary(matrix.primary, metrics))
    both = {spec.name for spec, _ in probes} & {spec.name for spec, _ in metrics}
    if both:
        raise InputError(f"'{both.pop()}' is the name of a probe and of a metric; rename one")
    experiment = Experiment(
        _distinct("dataset", [task for task, _ in tasks]),
        _distinct("method", [spec for spec, _ in chosen]),
        seeds or matrix.seeds,
        reference[0].name,
        matrix.exclude,
        _ranked(matrix, [spec.name for spec, _ in chosen]),
        _distinct("probe", [spec for spec, _ in probes]),
        _distinct("metric", [spec for spec, _ in metrics]),
        {spec.name: method for spec, method in chosen},
        {task.name: parts for task, parts in tasks},
        {spec.name: probe for spec, probe in probes},
        {spec.name: metric for spec, metric in metrics},
    )
    if matrix.exclude:
        _check_patterns(matrix)
    return experiment


def _ranked(matrix: Matrix, chosen: list[str]) -> tuple[str, ...]:
    """The names of the methods that a matrix ranks, as far as a call has them.

    Raises:
        InputError: one is none of the matrix's methods.
    """
    if not matrix.ranked:
        return ()
    known = {_method(call)[0].name for text in (matrix.reference, *matrix.methods) for call in _swept(text)}
    names = [_method(call)[0].name for text in matrix.ranked for call in _swept(text)]
    for name in names:
        if name not in known:
            raise unknown("method to rank", name, known)
    return tuple(name for name in names if name in chosen)


def _judged(tasks: list[Named], matrix: Matrix, primary: tuple[Primary, tuple[str, ...]] | None) -> list[Named]:
    """The tasks with the primary metric where their kind of target has it; the others are judged as ever.

    Raises:
        InputError: no task has it.
    """
    if primary is None:
        return tasks
    metric, kinds = primary
    if not any(parts.dataset.kind in kinds for _, parts in tasks):
        raise InputError(
            f"primary '{matrix.primary}': made for {', '.join(kinds)}; no data set of this call has such targets"
        )
    return [(replace(task, judged_by=metric) if parts.dataset.kind in kinds else task, parts) for task, parts in tasks]


def _check_patterns(matrix: Matrix) -> None:
    """Refuse a pattern that matches no cell of the whole matrix, whichever part of it the call asks for."""
    experiment = Experiment(
        tuple(resolve_task(text, matrix) for text in matrix.datasets),
        tuple(_method(call)[0] for text in (*matrix.methods, matrix.reference) for call in _swept(text)),
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


def _at_every_length(entries: list[str], lengths: tuple[int, ...]) -> list[str]:
    """The entries at every length; one that names a length has that one."""
    found = []
    for text in entries:
        _, recipe = parse_entry(text)
        named = parse_stretched(recipe or "")[1] > 1
        front = text if recipe else f"{text}@"
        found += [text] if named else [text if k == 1 else stretched_name(front, k) for k in lengths]
    return found


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
