"""Scenes: what the engine mixes, as arrays, in every domain that ships."""

import numpy as np
import pytest
from support.nets import NET
from support.paths import OUTSIDERS

from mixsuite.errors import SkipRun
from mixsuite.experiment.matrix import load_matrix
from mixsuite.experiment.resolve import resolve_method, resolve_task
from mixsuite.mixing.rng import uniforms
from mixsuite.plots.scene import _plane, make_scene, open_task, telling_step
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe

TASKS = [
    "digits(rows=150)",
    "wine(rows=24)",
    "diabetes(rows=150)",
    "japanese_vowels(rows=120)",
    "b3db(rows=80, test=0.4)",
]


def task_of(text):
    return resolve_task(text, load_matrix("quick"))


@pytest.mark.parametrize("text", TASKS)
def test_a_scene_is_what_the_engine_mixes(text, tmp_path):
    scene = make_scene(open_task(task_of(text), tmp_path, 0), resolve_method("mixup"))
    share = float(scene.words[0][2].split(" x ")[0])
    assert 0.05 < share < 0.95
    np.testing.assert_allclose(
        scene.mixed[0],
        share * scene.own[0] + (1 - share) * scene.partner[0],
        atol=0.006 * np.abs(scene.own[0]).max() + 0.01,
    )
    assert scene.inputs
    assert scene.points.shape == (3, len(scene.words), 2)


def test_a_hidden_site_is_drawn_in_the_plane(tmp_path):
    scene = make_scene(open_task(task_of("wine(rows=24)"), tmp_path, 0), resolve_method("mixup(site=hidden)"))
    assert (scene.site, scene.inputs) == ("hidden", False)


def test_a_submodule_of_a_users_own_net_is_drawn_in_the_plane(tmp_path):
    (tmp_path / "mine.py").write_text(NET)
    recipe = {"model": f"{tmp_path / 'mine.py'}(width=6)", "optimizer": "sgd", "lr": 0.1, "steps": 30, "batch": 16}
    own = check_model(Recipe, recipe, "own")
    task = resolve_task("wine@own", load_matrix("quick").model_copy(update={"recipes": {"own": own}}))
    scene = make_scene(open_task(task, tmp_path, 0), resolve_method("mixup(site=hidden)"))
    assert (scene.site, scene.inputs) == ("hidden", False)
    assert scene.own[0].shape == (16, 6)
    assert make_scene(open_task(task, tmp_path, 0), resolve_method("manifold_mixup")).site in (
        "input",
        "hidden",
        "embedding",
    )


def test_a_method_that_does_not_apply_has_no_scene(tmp_path):
    with pytest.raises(SkipRun, match="made for images, speech, not for tabular"):
        make_scene(open_task(task_of("wine(rows=24)"), tmp_path, 0), resolve_method("cutmix"))


def test_the_step_that_is_shown_is_the_one_whose_lambda_tells_most():
    step = telling_step(3, 16)
    u = uniforms(3, "draw/lam", 0, 20, 16)[:, 0]
    assert abs(u[step] - 1 / 3) == np.abs(u - 1 / 3).min()


def test_the_plane_is_of_the_two_main_directions():
    line = np.outer(np.arange(5.0), [3.0, 4.0, 0.0])
    (points,) = _plane(line)
    assert points[:, 1] == pytest.approx(0, abs=1e-9)
    assert np.abs(np.diff(points[:, 0])) == pytest.approx(5)


def test_numbers_are_labelled_in_the_targets_units(tmp_path):
    scene = make_scene(open_task(task_of("diabetes(rows=150)"), tmp_path, 0), resolve_method("mixup"))
    assert 25 <= float(scene.words[0][0]) <= 346  # the disease's progress


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (str(OUTSIDERS / "own_objective.py"), "mixed by its objective"),
        (str(OUTSIDERS / "teacher.py"), None),
        ("aug_mix", "augmented"),
    ],
)
def test_what_an_objective_mixes_by_itself_is_drawn_and_called_so(tmp_path, name, words):
    scene = make_scene(open_task(task_of(TASKS[0]), tmp_path, 0), resolve_method(name))
    formulas = {formula for *_, formula in scene.words}
    assert formulas == {words} if words else all(" x " in formula for formula in formulas)
    if words == "mixed by its objective":  # each value is one of the two rows'
        (own, partner, mixed) = (leaves[0] for leaves in (scene.own, scene.partner, scene.mixed))
        assert ((mixed == own) | (mixed == partner)).all()


def test_four_rows_in_a_mixture_are_named_in_two_lines(tmp_path):
    scene = make_scene(open_task(task_of(TASKS[0]), tmp_path, 0), resolve_method(str(OUTSIDERS / "three_partners.py")))
    assert all(len(formula.split("\n")) == 2 and formula.count(" x ") == 4 for *_, formula in scene.words)
