"""How a task is trained: model, optimiser, schedule, length and batch, checked on entry."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mixsuite.errors import InputError
from mixsuite.plugins.entry import Params, parse_call, parse_chain, show_chain


class Recipe(BaseModel):
    """The values of a recipe. Either ``epochs`` or ``steps`` gives the length.

    model, optimizer, schedule: plugins, as ``name(parameters)``.
    lr:       the highest learning rate.
    warmup:   share of the steps over which a further factor rises linearly from 0 to 1.
    momentum, nesterov: for optimisers that use them, as sgd.
    augment:  augmentations, as ``name(parameters)``, joined by +; "none" for none.
    weights:  a file of weights that the model starts from; in a run's identity, the first digits of its sha256.
    devices:  the number of devices that share each batch's rows: cards, or cores of the processor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: str
    optimizer: str
    lr: Annotated[float, Field(gt=0)]
    batch: Annotated[int, Field(ge=1, le=10**9)]
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    schedule: str = "constant"
    epochs: Annotated[float, Field(gt=0, le=10**6)] | None = None
    steps: Annotated[int, Field(ge=1, le=10**9)] | None = None
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    nesterov: bool = True
    precision: Literal["float32", "bf16", "float64"] = "float32"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.0
    augment: str = "none"
    weights: str | None = None
    devices: Annotated[int, Field(ge=1, le=1024)] | None = None

    @field_validator("devices")
    @classmethod
    def _several(cls, devices: int | None) -> int | None:
        return None if devices == 1 else devices

    @field_validator("model", "optimizer", "schedule")
    @classmethod
    def _canonical(cls, text: str) -> str:
        try:
            return str(parse_call(text))
        except InputError as error:
            raise ValueError(str(error)) from None

    @field_validator("augment")
    @classmethod
    def _canonical_chain(cls, text: str) -> str:
        try:
            return show_chain(parse_chain(text))
        except InputError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give one of epochs and steps")
        return self

    def params(self) -> Params:
        """Every value that is not None, in the order of the fields: these go into a run's id."""
        return tuple((k, v) for k, v in self.model_dump().items() if v is not None)

    def stretched(self, factor: int) -> Recipe:
        """The same recipe for a training that is so many times as long; its schedule and warmup stretch with it."""
        if factor == 1:
            return self
        name = "epochs" if self.steps is None else "steps"
        return self.model_copy(update={name: getattr(self, name) * factor})

    def length(self, rows: int) -> int:
        """The number of steps for so many training rows."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, math.ceil(self.epochs * rows / self.batch))


def shipped_recipes() -> dict[str, dict[str, object]]:
    """The default recipes by name (recipes.toml beside this file), unchecked."""
    text = (Path(__file__).parent / "recipes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
