"""What a run is: a task, a method and a seed, with its id.

This module uses the standard library alone, so code that only reads results stays light.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from mixsuite.errors import InputError
from mixsuite.plugins.entry import Call, Params
from mixsuite.stats.fold import Fold
from mixsuite.stats.primary import Primary

_TIMES = "×"
LONGEST = 1000  # the most that a length can be stretched


def digest_json(value: Any) -> str:
    """Hash a value's canonical JSON (sorted keys, no spaces): sha256 in hex, the same in every process."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def stretched_name(recipe: str, length: int) -> str:
    """The name of a recipe stretched to so many times its length: ``mlp×2``."""
    return recipe if length == 1 else f"{recipe}{_TIMES}{length}"


def parse_stretched(name: str) -> tuple[str, int]:
    """Split a recipe's name into (the recipe's own name, by how much its length is stretched).

    Raises:
        InputError: what stands behind the sign is no whole number from 1 to 1000.
    """
    recipe, times, length = name.rpartition(_TIMES)
    if not times:
        return name, 1
    if not re.fullmatch("[1-9][0-9]{0,3}", length) or int(length) > LONGEST:
        raise InputError(f"recipe '{name}': behind {_TIMES} stands a whole number from 1 to {LONGEST}")
    return recipe, int(length)


@dataclass(frozen=True)
class Task:
    """A data set with a recipe, dataset@recipe: the unit of every table.

    name: as tables show it, with non-default parameters; ``dataset`` and ``recipe`` hold every value.
    classification: whether its targets are classes or labels, not values.
    addresses: where its outside parts are: "dataset", "domain", "model", ... -> an absolute path or a module's name.
    judged_by: the metric that verdicts are based on, if the matrix names one. It is no part of a run's identity.
    fold: the inner split that a candidate setting is scored on; None: the run's own split.
    """

    name: str
    domain: str
    dataset: Call
    recipe_name: str
    recipe: Params
    select: str = "last"
    classification: bool = True
    addresses: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    judged_by: Primary | None = None
    fold: Fold | None = None

    def canonical(self) -> dict[str, Any]:
        """The values that go into a run's id."""
        return {
            "dataset": {"name": self.dataset.name, "params": dict(self.dataset.params)},
            "recipe": dict(self.recipe),
            "select": self.select,
            **({"fold": asdict(self.fold)} if self.fold else {}),
        }

    @property
    def source(self) -> str | None:
        """An outside data set's address."""
        return self.address("dataset")

    def address(self, part: str) -> str | None:
        """The address of an outside part; None if it is built in."""
        return dict(self.addresses).get(part)

    @property
    def devices(self) -> int:
        """The number of devices that share the rows of each run's batches."""
        return int(dict(self.recipe).get("devices", 1))

    @property
    def length(self) -> int:
        """By how much the recipe's length is stretched."""
        return parse_stretched(self.recipe_name)[1]

    def stretches(self, other: Task) -> bool:
        """Whether this is the other task with a longer training, and nothing else."""
        same = self.dataset == other.dataset and self.select == other.select
        return (
            same
            and parse_stretched(self.recipe_name)[0] == parse_stretched(other.recipe_name)[0]
            and (self.length > other.length)
        )

    @property
    def shown_dataset(self) -> str:
        """The dataset with its non-default parameters: the task's name without the recipe."""
        return self.name.removesuffix(f"@{self.recipe_name}")

    @property
    def data_set(self) -> str:
        """What the task is a case of: the data set by name, with parameters that are texts, as a file's path.

        ``digits(rows=150)`` and ``digits(rows=500)`` are of one, ``tu:NCI1`` and ``tu:MUTAG`` of two.
        """
        return ":".join([self.dataset.name, *(value for _, value in self.dataset.params if isinstance(value, str))])

    @property
    def primary(self) -> Primary:
        """The metric that verdicts are based on; the error or the RMSE if the matrix names none."""
        return self.judged_by or Primary("error" if self.classification else "rmse")


@dataclass(frozen=True)
class MethodSpec:
    """A method with every parameter; ``name`` shows the non-default ones.

    control: "", "compute" or "twin". Controls are shown in every table and ranked in none (see Method.control).
    """

    name: str
    call: Call
    source: str | None = field(default=None, compare=False)  # an outside method's address
    control: str = field(default="", compare=False)

    def canonical(self) -> dict[str, Any]:
        """The values that go into a run's id."""
        return {"name": self.call.name, "params": dict(self.call.params)}


@dataclass(frozen=True)
class EvaluationSpec:
    """A probe or a metric with every parameter. It is no part of a run's identity: it adds numbers and changes none."""

    name: str
    call: Call
    source: str | None = field(default=None, compare=False)  # an outside plugin's address

    def canonical(self) -> dict[str, Any]:
        """The values that tell two of them apart."""
        return {"name": self.call.name, "params": dict(self.call.params)}


@dataclass(frozen=True)
class RunSpec:
    """One run: task x method x seed. A run's result is a function of this alone."""

    task: Task
    method: MethodSpec
    seed: int

    def canonical(self) -> dict[str, Any]:
        """The values that the id is the hash of."""
        return self.task.canonical() | {"method": self.method.canonical(), "seed": self.seed}

    @property
    def id(self) -> str:
        """The first 16 hex digits of the sha256 of the canonical form."""
        return digest_json(self.canonical())[:16]
