"""The grammar of entries: calls such as ``mixup(alpha=0.4)``, lists of calls, and seeds."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mixsuite.errors import InputError, printable

Params = tuple[tuple[str, Any], ...]


def _show(value: Any) -> str:
    """Write a parameter's value as names and matrix files have it."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_show(v) for v in value) + "]"
    return printable(json.dumps(value, ensure_ascii=False)) if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Call:
    """A name with parameters, ``name(key=value, ...)``, as written in matrices and tables."""

    name: str
    params: Params = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={_show(value)}" for key, value in self.params)
        return f"{self.name}({inside})" if inside else self.name


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name):  # a bare word, as in mixup(lam=row): quotes are a nuisance in a shell
        return node.id
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_literal(item, text) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise InputError(f"'{text}': only plain values are allowed, as in name(alpha=0.4)") from None


def need_text(entry: Any) -> None:
    """Refuse a class or an object in place of an entry.

    Raises:
        InputError: it is one.
    """
    if not isinstance(entry, str):
        name = entry.__name__ if isinstance(entry, type) else f"a {type(entry).__name__}"
        raise InputError(
            f"{name} lives in memory alone; give a name, './file.py' or package.module: worker processes load it anew, "
            "and its source is part of a run's identity (in a notebook, %%writefile my_file.py writes a cell)"
        )


def parse_call(text: str) -> Call:
    """Parse ``name(key=value, ...)``; values are literals or bare words, which count as strings.

    Raises:
        InputError: the text is no text, does not have that form, or names a parameter twice.
    """
    need_text(text)
    match = re.fullmatch(r"\s*([^()\s][^()]*?)\s*(?:\((.*)\))?\s*", text, flags=re.DOTALL)
    if not match:
        raise InputError(f"'{text}' is not of the form name or name(key=value, ...)")
    name, inside = match.groups()
    if not name.isprintable() or name[0] in "=+@|":
        raise InputError(f"'{printable(name)}': a name has printable characters alone, and none of = + @ | first")
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
    """Split ``"a, b(x=1, y=2)"`` at the commas outside brackets; empty items are dropped."""
    return [item for item in _split(text, ",") if item]


def listed(value: str | Iterable[str]) -> list[str]:
    """The entries of a list, or of a text that ``split_list`` splits.

    Raises:
        InputError: an entry is a class or an object.
    """
    if isinstance(value, str):
        return split_list(value)
    for entry in value if isinstance(value, Iterable) else [value]:
        need_text(entry)
    return list(value)


def _split(text: str, mark: str) -> list[str]:
    """Split a text at a mark outside brackets."""
    items, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == mark and depth == 0:
            items.append(text[start:place])
            start = place + 1
    return [item.strip() for item in [*items, text[start:]]]


def parse_chain(text: str) -> tuple[Call, ...]:
    """Parse ``"crop+flip+cutout(side=0.25)"``: calls one after another; ``"none"`` is no call.

    Raises:
        InputError: one of them is no call.
    """
    return () if text.strip() == "none" else tuple(parse_call(item) for item in _split(text, "+"))


def show_chain(calls: Iterable[Call]) -> str:
    """Write calls one after another as ``parse_chain`` reads them."""
    return "+".join(map(str, calls)) or "none"


def parse_entry(text: str) -> tuple[Call, str | None]:
    """Parse ``dataset(...)@recipe`` into (dataset, recipe name or None).

    Raises:
        InputError: the recipe's name is missing, or the data set is no call.
    """
    need_text(text)
    body, at, recipe = text.rpartition("@")
    if at and not set(recipe) & set("):/"):  # otherwise it belongs to the name: csv:me@home.csv:target
        if not recipe.strip():
            raise InputError(f"'{text}': a recipe's name is missing after '@'")
        return parse_call(body), recipe.strip()
    return parse_call(text), None


def parse_seeds(value: str | int | Iterable[int]) -> tuple[int, ...]:
    """Parse ``"0-9"``, ``"0-4,7"`` or ``[0, 1]`` into a sorted tuple of seeds.

    Raises:
        InputError: the value does not have that form, or is empty, descending, negative or above 2**32 - 1.
    """
    seeds: set[int] = set()
    if not isinstance(value, str | int | list | tuple | set | range):
        raise InputError(f"seeds {value!r:.60}: allowed are forms such as 0-9, 3 or 0,2,4")
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


def plain_name(address: str) -> str:
    """The name that tables have for a plugin written as a name, ``./file.py`` or ``package.module``."""
    return address.removesuffix(".py").replace("/", ".").rpartition(".")[2]


def show_seeds(seeds: tuple[int, ...]) -> str:
    """Write seeds in their shortest form, ``0-9,12``."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)
