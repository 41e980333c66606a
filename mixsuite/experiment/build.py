"""Build objects from specs: the plugins that a spec names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixsuite.domains.augmentation import Augmentation
from mixsuite.domains.base import Dataset, Domain
from mixsuite.evaluation.base import Probe
from mixsuite.evaluation.metric import Metric
from mixsuite.experiment.parts import Parts
from mixsuite.experiment.spec import EvaluationSpec, MethodSpec, Task
from mixsuite.mixing.method import Method
from mixsuite.models.base import Model
from mixsuite.models.saved_weights import SavedWeights
from mixsuite.plugins.bind import instantiate
from mixsuite.plugins.entry import Call, parse_call, parse_chain
from mixsuite.plugins.kinds import (
    AUGMENTATION,
    DATASET,
    DOMAIN,
    METHOD,
    METRIC,
    MODEL,
    OPTIMIZER,
    PROBE,
    SCHEDULE,
    Kind,
)
from mixsuite.plugins.load import Source, find, load_class, source_of
from mixsuite.training.optimizer import Optimizer
from mixsuite.training.schedule import Schedule


def make_method(spec: MethodSpec) -> Method:
    """Make the method of a spec."""
    method: Method = _make(METHOD, spec.call, spec.source, Method)
    return method


def make_dataset(task: Task) -> Dataset:
    """Make the data set of a task."""
    dataset: Dataset = _make(DATASET, task.dataset, task.source, Dataset)
    return dataset


def load_parts(task: Task) -> Parts:
    """Make all that a task names."""
    recipe = dict(task.recipe)

    def part(key: str, kind: Kind, base: type) -> Any:
        return _make(kind, parse_call(recipe[key]), task.address(key), base)

    augment = tuple(
        _make(AUGMENTATION, call, task.address(f"augment {place}"), Augmentation)
        for place, call in enumerate(parse_chain(recipe.get("augment", "none")))
    )
    weights = task.address("weights")
    return Parts(
        make_dataset(task),
        make_domain(task),
        part("model", MODEL, Model),
        part("optimizer", OPTIMIZER, Optimizer),
        part("schedule", SCHEDULE, Schedule),
        augment,
        SavedWeights(Path(weights), recipe["weights"]) if weights else None,
    )


def make_probe(spec: EvaluationSpec) -> Probe:
    """Make the probe of a spec."""
    probe: Probe = _make(PROBE, spec.call, spec.source, Probe)
    return probe


def make_metric(spec: EvaluationSpec) -> Metric:
    """Make the metric of a spec."""
    metric: Metric = _make(METRIC, spec.call, spec.source, Metric)
    return metric


def make_domain(task: Task) -> Domain:
    """Make the domain of a task."""
    return load_domain(source_of(DOMAIN, task.domain, task.address("domain")))


def load_domain(source: Source) -> Domain:
    """Make the domain that a file defines.

    Raises:
        InputError: the file defines none or several.
    """
    domain: Domain = load_class(DOMAIN, source, Domain)()
    return domain


def find_domain(name: str, beside: Path) -> Source:
    """Find the domain that a data set names: a built-in one, or an outside plugin.

    Args:
        name: as the data set's class gives it; ``./file.py`` is looked up in the data set's own folder.
        beside: the data set's file.

    Raises:
        InputError: no such domain.
    """
    return find(DOMAIN, str((beside.parent / name).resolve()) if name.startswith("./") else name)


def _make(kind: Kind, call: Call, address: str | None, base: type) -> Any:
    source = source_of(kind, call.name, address)
    return instantiate(load_class(kind, source, base), call, kind.name)
