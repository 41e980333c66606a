"""Sweeps: ``mixup(alpha=[0.1, 0.2, 0.4])`` stands for three entries, one for each value."""

from __future__ import annotations

import typing
from itertools import product
from typing import Any

from mixsuite.errors import InputError
from mixsuite.plugins.entry import Call, parse_call
from mixsuite.plugins.kinds import Kind
from mixsuite.plugins.load import find, load_class

MOST = 200  # entries of one sweep


def swept(kind: Kind, text: str, base: type) -> list[Call]:
    """The entries that a text stands for.

    Each list that its parameter does not take as a value gives one entry for each item. Several lists give every
    combination, the last one varying first.

    Raises:
        InputError: there is no such plugin, a list is empty, or the combinations are too many.
    """
    call = parse_call(text)
    if not any(isinstance(value, tuple) for _, value in call.params):
        return [call]
    hints = typing.get_type_hints(load_class(kind, find(kind, call.name), base), include_extras=True)
    choices = [
        value if isinstance(value, tuple) and key in hints and not _takes(hints[key], value) else (value,)
        for key, value in call.params
    ]
    empty = next((key for (key, _), values in zip(call.params, choices, strict=True) if not values), None)
    if empty is not None:
        raise InputError(f"{call}: {empty}=[] is a sweep of no value")
    names = [key for key, _ in call.params]
    count = 1
    for values in choices:
        count *= len(values)
    if count > MOST:
        raise InputError(f"{call}: a sweep of {count} entries; allowed are {MOST}")
    return [Call(call.name, tuple(zip(names, values, strict=True))) for values in product(*choices)]


def _takes(hint: Any, value: tuple[Any, ...]) -> bool:
    """Whether a parameter's type takes a list as its value."""
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(hint).validate_python(value)
    except ValidationError:
        return False
    return True
