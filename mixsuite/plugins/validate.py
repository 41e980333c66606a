"""Values from a file, checked against a pydantic model: the first thing wrong is said in one line."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from mixsuite.errors import InputError, unknown


def check_model(model: type[BaseModel], values: dict[str, Any], where: str) -> Any:
    """Values as a model.

    Args:
        model: what they are to be.
        values: as they were read.
        where: begins the message, such as the file's name.

    Raises:
        InputError: the first thing wrong, in one line: where, key, value and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # A misspelt key makes two errors: unknown and missing. The unknown one tells more.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        place = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            key = ".".join(place[:-1])
            problem = unknown(f"{key} entry" if key else "key", place[-1], _fields(model, place))
            raise InputError(f"{where}: {problem}") from None
        message = first["msg"].removeprefix("Value error, ")
        given = "" if first["type"] in ("missing", "value_error") else f" = {first['input']!r}"
        raise InputError(f"{where}: {'.'.join(place)}{given}: {message[0].lower()}{message[1:]}") from None


def _fields(model: type[BaseModel], place: list[str]) -> list[str]:
    """The keys that are allowed at a place: of the model, or of the one that its tables are of."""
    field = model.model_fields.get(place[0])
    inner = [kind for kind in get_args(field.annotation) if hasattr(kind, "model_fields")] if field else []
    return list((inner[0] if inner else model).model_fields)
