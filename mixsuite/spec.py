"""What a run is: calls such as ``mixup(alpha=0.4)``, tasks, and RunSpec with its id.

Standard library alone, so that everything that only reads results stays light.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mixsuite.errors import InputError

Params = tuple[tuple[str, Any], ...]


def _show(value: Any) -> str:
    """A parameter's value as it is written in names and matrix files."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_show(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Call:
    """A name with parameters, ``name(key=value, ...)``, as written in matrices and tables."""

    name: str
    params: Params = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={_show(value)}" for key, value in self.params)
        return f"{self.name}({inside})" if inside else self.name


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name):  # mixup(lam=row): quotes are a nuisance in a shell
        return node.id
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_literal(item, text) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise InputError(f"'{text}': only plain values are allowed, as in name(alpha=0.4)") from None


def parse_call(text: str) -> Call:
    """``name(key=value, ...)`` as a Call; values are literals or bare words (taken as strings).

    Raises:
        InputError: the text is not of that form.
    """
    match = re.fullmatch(r"\s*([^()\s][^()]*?)\s*(?:\((.*)\))?\s*", text, flags=re.DOTALL)
    if not match:
        raise InputError(f"'{text}' is not of the form name or name(key=value, ...)")
    name, inside = match.groups()
    try:
        call = ast.parse(f"f({inside or ''})", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise InputError(f"'{text}' is not of the form name(key=value, ...)") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise InputError(f"'{text}' is not of the form name(key=value, ...)")
    if call.args or any(k.arg is None for k in call.keywords):
        raise InputError(f"'{text}': write parameters by name, as in name(alpha=0.4)")
    params = tuple((str(k.arg), _literal(k.value, text)) for k in call.keywords)
    if len({key for key, _ in params}) != len(params):
        raise InputError(f"'{text}': a parameter is given twice")
    return Call(name, params)


def split_list(text: str) -> list[str]:
    """``"a, b(x=1, y=2)"`` split at the commas outside brackets; empty items are dropped."""
    items, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            items.append(text[start:place])
            start = place + 1
    return [item.strip() for item in [*items, text[start:]] if item.strip()]


def parse_entry(text: str) -> tuple[Call, str | None]:
    """``dataset(...)@recipe`` as (dataset, recipe name or None)."""
    body, at, recipe = text.rpartition("@")
    if at and not set(recipe) & set("):/"):  # else it stands inside: csv:me@home.csv:target
        if not recipe.strip():
            raise InputError(f"'{text}': a recipe's name is missing after '@'")
        return parse_call(body), recipe.strip()
    return parse_call(text), None


def parse_seeds(value: str | int | Iterable[int]) -> tuple[int, ...]:
    """``"0-9"``, ``"0-4,7"`` or ``[0, 1]`` as a sorted tuple of seeds.

    Raises:
        InputError: not of that form, empty, descending, negative, or above 2**32 - 1.
    """
    seeds: set[int] = set()
    for part in str(value).split(",") if isinstance(value, str | int) else value:
        match = re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", str(part))
        if not match:
            raise InputError(f"seeds '{value}': allowed are forms such as 0-9, 3 or 0,2,4")
        low, high = int(match[1]), int(match[2] or match[1])
        if high < low:
            raise InputError(f"seeds '{value}': {low}-{high} runs backwards; write {high}-{low}")
        if high >= 2**32 or high - low >= 100_000:
            raise InputError(f"seeds '{value}': at most 100000 seeds, each below 2**32")
        seeds.update(range(low, high + 1))
    if not seeds:
        raise InputError("seeds: at least one seed is needed, as in 0-9")
    return tuple(sorted(seeds))


def show_seeds(seeds: tuple[int, ...]) -> str:
    """Seeds in their shortest form, ``0-9,12``."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)


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
    source: str | None = field(default=None, compare=False)  # an outsider's file

    def canonical(self) -> dict[str, Any]:
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
    source: str | None = field(default=None, compare=False)  # an outsider's file
    control: str = field(default="", compare=False)

    def canonical(self) -> dict[str, Any]:
        return {"name": self.call.name, "params": dict(self.call.params)}


@dataclass(frozen=True)
class ProbeSpec:
    """A probe with every parameter. No part of a run's identity: it adds metrics and changes none."""

    name: str
    call: Call
    source: str | None = field(default=None, compare=False)  # an outsider's file

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
