"""The parts that a recipe names: its model, optimiser, schedule and augmentations, with every parameter written out."""

from __future__ import annotations

from dataclasses import replace

from mixsuite.domains.augmentation import Augmentation
from mixsuite.errors import InputError, unknown
from mixsuite.experiment.matrix import Matrix
from mixsuite.models.base import Model
from mixsuite.plugins.bind import every_parameter
from mixsuite.plugins.entry import Call, parse_chain, show_chain
from mixsuite.plugins.kinds import AUGMENTATION, MODEL, Kind, builtin_files
from mixsuite.plugins.load import Plugin, Source, load_plugin
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe, shipped_recipes


def recipe_named(name: str, matrix: Matrix) -> Recipe:
    """Look up a recipe by name: the matrix's own, else a shipped one."""
    if name in matrix.recipes:
        return matrix.recipes[name]
    shipped = shipped_recipes()
    if name not in shipped:
        raise unknown("recipe", name, {*matrix.recipes, *shipped})
    recipe: Recipe = check_model(Recipe, shipped[name], f"recipe {name}")
    return recipe


def part_of(recipe: Recipe, name: str, key: str, kind: Kind, base: type) -> tuple[Plugin, Recipe]:
    """(a plugin that a recipe names under a key, the recipe with every parameter of it written out).

    Raises:
        InputError: no such plugin or parameter, or a value that is not allowed.
    """
    plugin = _loaded(kind, getattr(recipe, key), base, name)
    text = str(Call(plugin.name, every_parameter(plugin.instance)))
    return plugin, recipe.model_copy(update={key: text})


def model_of(recipe: Recipe, name: str, domain: Source) -> tuple[Plugin, Recipe]:
    """(a recipe's model, the recipe with every parameter of it written out); the recipe's dropout is the model's.

    Raises:
        InputError: no such model or parameter, or the model is made for other domains.
    """
    plugin = _loaded(MODEL, recipe.model, Model, name)
    _check_domain(plugin, MODEL, name, domain)
    model: Model = plugin.instance
    own = getattr(model, "dropout", None)
    if recipe.dropout and own is None:
        raise InputError(f"recipe {name}: dropout={recipe.dropout}: model '{plugin.name}' has no parameter dropout")
    if recipe.dropout and own not in (0, recipe.dropout):
        raise InputError(f"recipe {name}: dropout is {own} in model and {recipe.dropout} beside it; give one")
    if own is not None:
        model = replace(model, dropout=own or recipe.dropout)  # type: ignore[call-arg]
        recipe = recipe.model_copy(update={"dropout": float(own or recipe.dropout)})
    text = str(Call(plugin.name, every_parameter(model)))
    return replace(plugin, instance=model), recipe.model_copy(update={"model": text})


def augmentations_of(recipe: Recipe, name: str, domain: Source) -> tuple[list[Plugin], Recipe]:
    """(a recipe's augmentations, the recipe with every parameter of them written out).

    Raises:
        InputError: no such augmentation or parameter, or one is made for other domains.
    """
    plugins = []
    for call in parse_chain(recipe.augment):
        plugins.append(_loaded(AUGMENTATION, call, Augmentation, name))
        _check_domain(plugins[-1], AUGMENTATION, name, domain)
    text = show_chain(Call(plugin.name, every_parameter(plugin.instance)) for plugin in plugins)
    return plugins, recipe.model_copy(update={"augment": text})


def _loaded(kind: Kind, entry: str | Call, base: type, recipe: str) -> Plugin:
    """Load a plugin that a recipe names.

    Raises:
        InputError: as ``load_plugin``, with the recipe's name.
    """
    try:
        return load_plugin(kind, entry, base)
    except InputError as error:
        raise InputError(f"recipe {recipe}: {error}") from None


def _check_domain(plugin: Plugin, kind: Kind, recipe: str, domain: Source) -> None:
    """Refuse what is made for other domains.

    Raises:
        InputError: it is.
    """
    made_for = type(plugin.instance).domains
    if domain.address is None and made_for and domain.name not in made_for:
        fitting = [key for key, path in builtin_files(kind).items() if domain.name in path.parts]
        raise InputError(
            f"recipe {recipe}: {kind.name} '{plugin.name}' is made for {', '.join(made_for)}, not for {domain.name} "
            f"(allowed: {', '.join(fitting)}, or a file of your own)"
        )
