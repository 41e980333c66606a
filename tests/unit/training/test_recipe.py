"""Recipes: their bounds, their canonical text, their length."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.errors import InputError
from mixsuite.models.base import Model
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import load_plugin
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe, shipped_recipes

GIVEN = {"model": "mlp(width=8)", "optimizer": "sgd", "lr": 0.1, "steps": 10, "batch": 4}


def recipe(**values):
    return check_model(Recipe, {k: v for k, v in (GIVEN | values).items() if v is not None}, "here")


def test_texts_are_written_in_one_way_and_every_value_has_a_place():
    made = recipe(model="mlp( width = 8 )", schedule="step(at=(0.5,0.75),gamma=0.1)", augment="crop+flip")
    assert made.model == "mlp(width=8)"
    assert made.schedule == "step(at=[0.5, 0.75], gamma=0.1)"
    assert made.augment == "crop+flip"
    assert [name for name, _ in made.params()] == [
        "model", "optimizer", "lr", "batch", "weight_decay", "schedule", "steps", "momentum", "nesterov",
        "precision", "dropout", "warmup", "augment",
    ]  # fmt: skip
    assert recipe(**dict(made.params())) == made


@given(st.integers(1, 5000), st.integers(1, 300), st.floats(0.01, 50))
def test_epochs_are_whole_batches_and_never_none(rows, batch, epochs):
    made = recipe(steps=None, epochs=epochs, batch=batch)
    length = made.length(rows)
    assert length == max(1, math.ceil(epochs * rows / batch))
    assert recipe(steps=7, batch=batch).length(rows) == 7


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"lr": 0}, "lr = 0: .*greater than 0"),
        ({"lr": float("nan")}, "lr = nan"),
        ({"batch": 0}, "batch = 0"),
        ({"momentum": 1}, "momentum = 1"),
        ({"dropout": 1}, "dropout = 1"),
        ({"warmup": 1.5}, r"warmup = 1\.5"),
        ({"weight_decay": -1}, "weight_decay = -1"),
        ({"precision": "half"}, "precision = 'half'"),
        ({"epochs": 3}, "give one of epochs and steps"),
        ({"steps": None}, "give one of epochs and steps"),
        ({"model": "mlp("}, "model: 'mlp\\('"),
        ({"optimizer": "sgd("}, "optimizer: 'sgd\\('"),
        ({"learning_rate": 1}, "unknown key 'learning_rate'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(values, said):
    with pytest.raises(InputError, match=f"^here: .*{said}") as error:
        recipe(**values)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_one_and_its_model_can_be_made(name):
    made = check_model(Recipe, shipped_recipes()[name], name)
    assert isinstance(load_plugin(MODEL, made.model, Model).instance, Model)


def test_a_stretched_recipe_is_longer_and_nothing_else():
    assert recipe().stretched(1) == recipe()
    assert recipe().stretched(3) == recipe(steps=30)
    assert recipe(steps=None, epochs=1.5, warmup=0.1).stretched(4) == recipe(steps=None, epochs=6.0, warmup=0.1)
