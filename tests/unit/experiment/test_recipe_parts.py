"""The parts that a recipe names, written out."""

import pytest

from mixsuite.domains.images.augmentations.crop import Crop
from mixsuite.domains.images.augmentations.cutout import Cutout
from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.recipe_parts import augmentations_of, model_of, part_of, recipe_named
from mixsuite.plugins.kinds import DOMAIN, SCHEDULE
from mixsuite.plugins.load import find
from mixsuite.training.recipe import Recipe
from mixsuite.training.schedule import Schedule

IMAGES = find(DOMAIN, "images")


def recipe(**values):
    given = {"model": "conv(width=4)", "optimizer": "sgd", "lr": 0.1, "steps": 4, "batch": 4}
    return Recipe(**given | values)


def test_every_parameter_is_written_out():
    plugin, written = model_of(recipe(), "mine", IMAGES)
    assert (written.model, plugin.instance.width) == ("conv(width=4, blocks=2, dropout=0.0)", 4)
    plugin, written = part_of(recipe(schedule="step"), "mine", "schedule", SCHEDULE, Schedule)
    assert written.schedule == "step(at=[0.5, 0.75], gamma=0.1)"
    plugins, written = augmentations_of(recipe(augment="crop + cutout"), "mine", IMAGES)
    assert [plugin.instance for plugin in plugins] == [Crop(), Cutout(side=0.5)]
    assert written.augment == "crop+cutout(side=0.5)"
    assert augmentations_of(recipe(), "mine", IMAGES) == ([], recipe())


def test_a_recipe_is_the_matrixs_own_or_a_shipped_one():
    own = recipe()
    matrix = load_matrix("quick").model_copy(update={"recipes": {"mine": own}})
    assert recipe_named("mine", matrix) is own
    assert recipe_named("digits_conv", matrix).lr == 0.05
    with pytest.raises(InputError, match="unknown recipe 'digits_conf'; did you mean 'digits_conv'"):
        recipe_named("digits_conf", matrix)


def test_what_is_made_for_other_domains_is_refused():
    with pytest.raises(
        InputError, match=r"recipe mine: model 'mlp' is made for tabular, not for images \(allowed: .*conv"
    ):
        model_of(recipe(model="mlp"), "mine", IMAGES)
    with pytest.raises(InputError, match=r"recipe mine: augmentation 'drop_edges' is made for graphs, not for images"):
        augmentations_of(recipe(augment="crop+drop_edges"), "mine", IMAGES)
