"""The table [tune] of a matrix: how the settings of its methods are searched."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, field_validator

from mixsuite.errors import unknown
from mixsuite.plugins.space import Choice, Linear, Log, Range, Whole
from mixsuite.plugins.validate import check_model

Sampler = Literal["tpe", "random", "grid"]
_SCALES: dict[str, Any] = {"log": Log, "linear": Linear, "whole": Whole}


def range_of(value: Any) -> Range:
    """Read a range: a list of values, or a table {low, high, scale}; the scale is "log" where none is given.

    Raises:
        ValueError: it is neither, or no such range exists.
    """
    if isinstance(value, Range):
        return value
    if isinstance(value, list | tuple):
        return Choice(tuple(value))
    if not isinstance(value, dict) or not {"low", "high"} <= value.keys() <= {"low", "high", "scale"}:
        raise ValueError(f"{value!r:.60}: allowed are a list of values, or {{low = ..., high = ..., scale = ...}}")
    low, high, scale = value["low"], value["high"], value.get("scale", "log")
    if scale not in _SCALES:
        raise ValueError(str(unknown("scale", scale, _SCALES)))
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (low, high)):
        raise ValueError(f"a range from {low!r:.40} to {high!r:.40}: both must be numbers")
    made: Range = _SCALES[scale](low, high)
    return made


Span = Annotated[Range, PlainValidator(range_of)]


class Tune(BaseModel):
    """The keys of the table [tune].

    trials:  the compute of one search, in trainings of the reference on all its inner splits.
    sampler: what proposes the candidates: "tpe" learns from those before, "random" and "grid" do not.
    lr, weight_decay: ranges for every method; None: a factor of 10 both ways around the recipe's, and where the
             recipe has no weight decay, 1e-5 to 1e-2.
    methods: method -> parameter -> range, in place of the class's ``space``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trials: int = Field(default=20, ge=1, le=10_000)
    sampler: Sampler = "tpe"
    lr: Span | None = None
    weight_decay: Span | None = None
    methods: dict[str, dict[str, Span]] = {}

    @field_validator("lr")
    @classmethod
    def _positive(cls, value: Range | None) -> Range | None:
        return _numbers(value, 0, "above 0", above=True)

    @field_validator("weight_decay")
    @classmethod
    def _not_negative(cls, value: Range | None) -> Range | None:
        return _numbers(value, 0, "0 or above", above=False)


def asked(tune: Tune, trials: int | None = None, sampler: str | None = None) -> Tune:
    """A table [tune] with what a call gives in its place.

    Raises:
        InputError: a value that is not allowed.
    """
    given = {name: value for name, value in (("trials", trials), ("sampler", sampler)) if value is not None}
    checked: Tune = check_model(Tune, given, "tune")
    return tune.model_copy(update={name: getattr(checked, name) for name in given})


def _numbers(value: Range | None, least: float, allowed: str, above: bool) -> Range | None:
    for end in () if value is None else value.ends():
        number = isinstance(end, int | float) and not isinstance(end, bool)
        if not number or end < least or (above and end == least) or end == float("inf"):
            raise ValueError(f"{end!r:.40}: allowed are numbers {allowed}")
    return value
