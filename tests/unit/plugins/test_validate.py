"""Values against a model: the first thing wrong in one line."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from mixsuite.errors import InputError
from mixsuite.plugins.validate import check_model


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lr: float = Field(gt=0)
    steps: int = 3


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seeds: str
    recipes: dict[str, Inner] = {}

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, text):
        if text == "bad":
            raise ValueError("Seeds are bad")
        return text


def test_good_values_are_the_model():
    made = check_model(Outer, {"seeds": "0-3", "recipes": {"a": {"lr": 1}}}, "m.toml")
    assert made == Outer(seeds="0-3", recipes={"a": Inner(lr=1.0)})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sedes": "0"}, "m.toml: unknown key 'sedes'; did you mean 'seeds'? (allowed: recipes, seeds)"),
        ({}, "m.toml: seeds: field required"),
        ({"seeds": "bad"}, "m.toml: seeds: seeds are bad"),
        ({"seeds": 3}, "m.toml: seeds = 3: input should be a valid string"),
        (
            {"seeds": "0", "recipes": {"a": {"lr": 1, "stesp": 2}}},
            "m.toml: unknown recipes.a entry 'stesp'; did you mean 'steps'? (allowed: lr, steps)",
        ),
        ({"seeds": "0", "recipes": {"a": {"lr": 0}}}, "m.toml: recipes.a.lr = 0: input should be greater than 0"),
        ({"seeds": "0", "recipes": {"a": {}}}, "m.toml: recipes.a.lr: field required"),
    ],
)
def test_the_first_thing_wrong_is_said_with_key_value_and_what_is_allowed(values, said):
    with pytest.raises(InputError) as error:
        check_model(Outer, values, "m.toml")
    assert str(error.value) == said
