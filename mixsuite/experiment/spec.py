"""What a run is: a task, a method and a seed, with its id.

Standard library alone, so that everything that only reads results stays light.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from mixsuite.plugins.entry import Call, Params


def digest_json(value: Any) -> str:
    """sha256 (hex) of a value's canonical JSON: sorted keys, no spaces, the same in every process."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Task:
    """dataset@recipe, the unit of every table.

    name: as shown, with non-default parameters; ``dataset`` and ``recipe`` carry every value.
    classification: whether the primary metric is the error (else the RMSE).
    """

    name: str
    domain: str
    dataset: Call
    recipe_name: str
    recipe: Params
    select: str = "last"
    classification: bool = True
    source: str | None = field(default=None, compare=False)  # an outside data set's address
    domain_source: str | None = field(default=None, compare=False)  # an outside domain's address

    def canonical(self) -> dict[str, Any]:
        """What goes into a run's id."""
        return {
            "dataset": {"name": self.dataset.name, "params": dict(self.dataset.params)},
            "recipe": dict(self.recipe),
            "select": self.select,
        }

    @property
    def shown_dataset(self) -> str:
        """The dataset with its non-default parameters: the task's name without the recipe."""
        return self.name.removesuffix(f"@{self.recipe_name}")

    @property
    def primary(self) -> str:
        """The metric that verdicts are about; lower is better."""
        return "error" if self.classification else "rmse"


@dataclass(frozen=True)
class MethodSpec:
    """A method with every parameter; ``name`` shows the non-default ones.

    control: "", "compute" or "twin": controls are shown in every table and ranked in none (see Method.control).
    """

    name: str
    call: Call
    source: str | None = field(default=None, compare=False)  # an outside one's address
    control: str = field(default="", compare=False)

    def canonical(self) -> dict[str, Any]:
        return {"name": self.call.name, "params": dict(self.call.params)}


@dataclass(frozen=True)
class ProbeSpec:
    """A probe with every parameter. No part of a run's identity: it adds metrics and changes none."""

    name: str
    call: Call
    source: str | None = field(default=None, compare=False)  # an outside one's address

    def canonical(self) -> dict[str, Any]:
        return {"name": self.call.name, "params": dict(self.call.params)}


@dataclass(frozen=True)
class RunSpec:
    """One run: task x method x seed. A run's result is a function of this alone."""

    task: Task
    method: MethodSpec
    seed: int

    def canonical(self) -> dict[str, Any]:
        return self.task.canonical() | {"method": self.method.canonical(), "seed": self.seed}

    @property
    def id(self) -> str:
        """16 hex digits of the sha256 of the canonical form, after resolving."""
        return digest_json(self.canonical())[:16]


_LONGEST = 150  # characters of a file name's readable part


def file_names(tasks: list[Task]) -> dict[str, str]:
    """Task name -> file name without suffix. A name that is too long, or that another task or a domain's
    table has, gets 8 hex of the task's id."""
    names: dict[str, str] = {}
    taken = {task.domain for task in tasks}
    for task in tasks:
        slug = re.sub(r"[^A-Za-z0-9._=-]", "-", task.name)
        if slug in taken or len(slug) > _LONGEST:
            slug = f"{slug[:_LONGEST]}-{digest_json(task.canonical())[:8]}"
        names[task.name] = slug
        taken.add(slug)
    return names
