"""Models made from entries, with a recipe's dropout."""

from dataclasses import replace

from mixsuite.models.base import Model
from mixsuite.plugins.bind import instantiate
from mixsuite.plugins.entry import parse_call
from mixsuite.plugins.kinds import MODEL
from mixsuite.plugins.load import load_class, load_plugin, source_of


def model_of(recipe, source=None):
    """The model of a recipe. source: the file of an outside one."""
    model = (
        make_model_of(parse_call(recipe.model), source) if source else load_plugin(MODEL, recipe.model, Model).instance
    )
    return replace(model, dropout=recipe.dropout) if recipe.dropout else model


def make_model_of(call, source):
    return instantiate(load_class(MODEL, source_of(MODEL, call.name, source), Model), call, "model")
