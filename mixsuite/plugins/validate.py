"""Check values from a file against a pydantic model, and report the first error in one line."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from mixsuite.errors import InputError, unknown


def check_model(model: type[BaseModel], values: dict[str, Any], where: str) -> Any:
    """Make a model from values.

    Args:
        model: the class of the model.
        values: the values, as they were read.
        where: the start of an error message, such as the file's name.

    Raises:
        InputError: a value is wrong; one line names the place, the key, the value and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # A misspelt key causes two errors, unknown and missing; the unknown one tells more.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        place = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            key = ".".join(place[:-1])
            problem = unknown(f"{key} entry" if key else "key", place[-1], _fields(model, place))
            raise InputError(f"{where}: {problem}") from None
        message = first["msg"].removeprefix("Value error, ")
        shown = "" if first["type"] in ("missing", "value_error") else f" = {first['input']!r}"
        raise InputError(f"{where}: {'.'.join(place)}{shown}: {message[0].lower()}{message[1:]}") from None


def _fields(model: type[BaseModel], place: list[str]) -> list[str]:
    """The keys that are allowed at a place: those of the model, or of the model of its tables."""
    field = model.model_fields.get(place[0])
    inner = [kind for kind in get_args(field.annotation) if hasattr(kind, "model_fields")] if field else []
    return list((inner[0] if inner else model).model_fields)
