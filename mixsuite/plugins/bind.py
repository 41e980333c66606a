"""Bind an entry's parameters to a class or function, checked against its annotated types."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import typing
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mixsuite.errors import InputError, unknown
from mixsuite.plugins.entry import Call, Params

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def _either(adapter: TypeAdapter[Any], value: Any) -> Any:
    from pydantic import ValidationError

    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        if isinstance(value, int | float) and not isinstance(value, bool):
            with contextlib.suppress(ValidationError):
                return adapter.validate_python(str(value), strict=True)
        raise error


def _checked(what: str, call: Call, hints: dict[str, Any]) -> dict[str, Any]:
    """The call's parameters, converted to the annotated types.

    Raises:
        InputError: a parameter is unknown, or its type does not accept the value.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    values = {}
    for key, value in call.params:
        if key not in hints:
            raise unknown(f"parameter of {what} '{call.name}'", key, hints)
        try:
            hint = hints[key]
            config = None if dataclasses.is_dataclass(hint) else ConfigDict(allow_inf_nan=False)
            adapter: TypeAdapter[Any] = TypeAdapter(hint, config=config)
            # A number stands for its text where only text fits: version=3 may be written for version="3".
            values[key] = _either(adapter, value)
        except ValidationError as error:
            raise InputError(f"{call}: {key}={value!r}: {error.errors()[0]['msg'].lower()}") from None
    return values


def usage(name: str, cls: type) -> str:
    """How an entry of a class is written: ``name``, or ``name:VALUE`` if the class has positional ``arguments``."""
    arguments: tuple[str, ...] = getattr(cls, "arguments", ())
    return ":".join([name, *map(str.upper, arguments)])


def needs_arguments(cls: type) -> bool:
    """Whether a class has a parameter without a default, such as the file in ``csv:PATH:TARGET``."""
    absent = dataclasses.MISSING
    return any(f.init and f.default is absent and f.default_factory is absent for f in dataclasses.fields(cls))


def _spelled_out(cls: type, call: Call) -> Call:
    """Turn ``name:VALUE(...)`` into ``name(parameter=VALUE, ...)``, by the class's ``arguments``."""
    name, colon, rest = call.name.partition(":")
    if not colon or name.endswith(".py"):
        return call
    parameters: tuple[str, ...] = getattr(cls, "arguments", ())
    values = rest.split(":")
    if len(values) != len(parameters) or not all(values):
        raise InputError(f"'{call.name}': write {usage(name, cls)}")
    return Call(name, (*zip(parameters, values, strict=True), *call.params))


def instantiate(cls: type, call: Call, what: str) -> Any:
    """Make an object of a frozen dataclass with the call's parameters.

    Args:
        cls: the dataclass.
        call: its name and parameters, as written.
        what: the kind of plugin, for error messages.

    Raises:
        InputError: the class is no dataclass, a parameter is unknown or has a wrong type, or the class refuses a value.
    """
    if not dataclasses.is_dataclass(cls) or (
        "__dataclass_fields__" not in vars(cls) and vars(cls).get("__annotations__")
    ):
        raise InputError(f"{what} '{call.name}': write @dataclass(frozen=True) above class {cls.__name__}")
    call = _spelled_out(cls, call)
    if needs_arguments(cls) and not call.params:
        raise InputError(f"'{call}': write {usage(call.name, cls)}")
    try:
        types = typing.get_type_hints(cls, include_extras=True)
    except Exception as error:
        raise InputError(f"{what} '{call.name}': its annotations cannot be read: {error}") from None
    fields = [f for f in dataclasses.fields(cls) if f.init]
    hints = {f.name: types[f.name] for f in fields}
    if getattr(cls, "takes_others", False):
        call = _gathered(call, hints)
    # Defaults are converted too: with `gain: float = 1` the value is 1.0, whether or not it is written out.
    defaults = Call(call.name, tuple((f.name, f.default) for f in fields if f.default is not dataclasses.MISSING))
    try:
        instance = cls(**(_checked(what, defaults, hints) | _checked(what, call, hints)))
        json.dumps(every_parameter(instance), allow_nan=False)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{call}: {' '.join(str(error).split()) or type(error).__name__}") from None
    return instance


def _gathered(call: Call, own: Iterable[str]) -> Call:
    """A call with the parameters that are not the class's own gathered in ``others``, in the order of their names."""
    given = dict(call.params)
    more = {key: value for key, value in given.items() if key not in own}
    known = tuple((key, value) for key, value in call.params if key in own)
    return Call(call.name, (*known, ("others", tuple(sorted(more.items()))))) if more else call


def bind(builder: Callable[..., Any], call: Call, what: str, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """Convert a call's parameters to keyword arguments of a function.

    Args:
        builder: the function, with annotated parameters.
        call: its name and parameters, as written.
        what: the kind of function, for error messages.
        given: parameters that the caller passes itself; a call may not name them.

    Raises:
        InputError: a parameter is unknown or has a wrong type.
    """
    hints = typing.get_type_hints(builder, include_extras=True)
    own = {k: hints[k] for k in inspect.signature(builder).parameters if k not in given}
    return _checked(what, call, own)


def every_parameter(instance: Any) -> Params:
    """All fields of a dataclass object: first those of its own class, then the inherited ones."""
    own = vars(type(instance)).get("__annotations__", {})
    names = sorted((f.name for f in dataclasses.fields(instance)), key=lambda name: name not in own)
    return tuple((name, getattr(instance, name)) for name in names)


def display_name(name: str, instance: Any) -> str:
    """The name in every table: ``name(non-default parameters)``."""
    defaults = {f.name: f.default for f in dataclasses.fields(instance)}
    leading: tuple[str, ...] = getattr(instance, "arguments", ())
    name = ":".join([name, *(str(getattr(instance, key)) for key in leading)])
    changed = tuple((k, v) for k, v in every_parameter(instance) if v != defaults[k] and k not in leading)
    if getattr(instance, "takes_others", False):
        changed = (*(pair for pair in changed if pair[0] != "others"), *instance.others)
    return str(Call(name, changed))
