"""Names of a matrix become tasks, methods and probes with every parameter."""

import pytest
from support.matrices import GOOD, POINTS, RECIPE, load_text
from support.paths import TOYS

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix, matrix_names
from mixsuite.experiment.resolve import resolve, resolve_method, resolve_probe, resolve_task
from mixsuite.models.tabular.mlp import Mlp
from mixsuite.plugins.entry import parse_call


@pytest.mark.parametrize("name", matrix_names())
def test_every_matrix_that_ships_can_be_resolved(name):
    resolved = resolve(load_matrix(name))
    ids = [run.id for run in resolved.runs()]
    assert len(set(ids)) == len(ids) == len(resolved.tasks) * len(resolved.methods) * len(resolved.seeds)
    assert len({t.domain for t in resolved.tasks}) >= 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"methods": ["mixpu"]}, r"unknown method 'mixpu'; did you mean 'mixup'\?"),
        ({"methods": ["mixup(alhpa=1)"]}, r"unknown parameter of method 'mixup' 'alhpa'; did you mean 'alpha'\?"),
        ({"methods": ["./no.py"]}, "method file './no.py' does not exist"),
        ({"methods": ["no.such.module"]}, "cannot be found"),
        ({"datasets": ["wyne"]}, r"unknown dataset 'wyne'; did you mean 'wine'\?"),
        ({"datasets": ["wine@minne"]}, r"unknown recipe 'minne'; did you mean 'mine'\?"),
        ({"datasets": ["digits@mine"]}, "recipe mine: model 'mlp' is made for tabular, not for images"),
        ({"datasets": ["wine(rows=1)"]}, "rows=1: allowed is 2 or more"),
        ({"datasets": ["diabetes(label_noise=0.1)"]}, "only for classes"),
    ],
)
def test_names_that_do_not_resolve(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        resolve(load_text(tmp_path, GOOD + RECIPE), **change)


def test_the_command_line_narrows_and_widens(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "wine(rows=60)", "iris"]') + RECIPE
    matrix = load_text(tmp_path, text)
    names = [t.name for t in resolve(matrix, datasets=["wine"]).tasks]
    assert names == ["wine(rows=24)", "wine(rows=60)"]
    assert [t.name for t in resolve(matrix, datasets=["wine(rows=30)", "diabetes"]).tasks] == [
        "wine(rows=30)",
        "diabetes",
    ]
    assert [m.name for m in resolve(matrix, methods=["cutmix"]).methods] == ["erm", "cutmix"]
    assert resolve(matrix, seeds=(7,)).seeds == (7,)


def test_a_pattern_that_excludes_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="exclude 'cutmx x wine': no cell"):
        resolve(load_text(tmp_path, GOOD + 'exclude = ["cutmx x wine"]'))


def test_excluded_cells_are_left_out(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "iris"]') + 'exclude = ["mixup* x wine", "erm x i*"]'
    cells = {(r.task.name, r.method.name) for r in resolve(load_text(tmp_path, text)).runs()}
    assert cells == {("wine(rows=24)", "erm"), ("iris", "mixup")}


def test_one_name_for_two_things_is_refused(tmp_path):
    source = "from mixsuite.mixing.methods.mixup import Mixup as M\nclass Mine(M): pass\n"
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(source)
    both = [str(tmp_path / f / "mine.py") for f in "ab"]
    with pytest.raises(InputError, match="'mine' is given twice"):
        resolve(load_text(tmp_path, GOOD), methods=both)
    (tmp_path / "mixup.py").write_text(source)
    with pytest.raises(InputError, match="built-in method; give the file another name"):
        resolve(load_text(tmp_path, GOOD), methods=[str(tmp_path / "mixup.py")])


def test_the_same_cell_twice_is_one(tmp_path):
    found = resolve(load_text(tmp_path, GOOD), methods=["mixup", "mixup(alpha=1)", "erm"])
    assert [m.name for m in found.methods] == ["mixup", "erm"]
    assert parse_call(str(found.methods[0].call)) == found.methods[0].call


def test_equivalent_texts_are_one_cell():
    assert (
        resolve_method("mixup") == resolve_method("mixup(alpha=1)") == resolve_method("mixup(alpha=1.0, lam='batch')")
    )
    assert resolve_method("mixup").name == "mixup"
    assert resolve_method("mixup(lam=row, alpha=0.4)").name == 'mixup(alpha=0.4, lam="row")'
    assert resolve_method("mixup").call != resolve_method("mixup(alpha=0.4)").call


def test_the_objects_behind_the_names_are_at_hand(tmp_path):
    experiment = resolve(load_text(tmp_path, GOOD + 'probes = ["noise(std=0.1)"]'))
    assert experiment.reference == "erm"
    assert type(experiment.method_of["mixup"]).__name__ == "Mixup"
    assert type(experiment.dataset_of["wine"]).__name__ == "Wine"
    assert experiment.model_of["wine"] == Mlp(width=128, depth=2)
    assert experiment.probe_of["noise(std=0.1)"].std == 0.1


def test_runs_go_task_by_task_and_seed_by_seed(tmp_path):
    experiment = resolve(load_text(tmp_path, GOOD.replace('["wine"]', '["wine", "iris"]')))
    order = [(run.task.name, run.seed, run.method.name) for run in experiment.runs()]
    assert order == [(t, s, m) for t in ("wine", "iris") for s in (0, 1, 2) for m in ("erm", "mixup")]


def test_a_task_has_its_recipes_values_and_a_name_that_shows_what_is_not_usual(tmp_path):
    matrix = load_text(tmp_path, GOOD + RECIPE)
    task = resolve_task("wine(rows=24)@mine", matrix)
    assert (task.name, task.domain, task.recipe_name, task.primary) == (
        "wine(rows=24)@mine",
        "tabular",
        "mine",
        "error",
    )
    assert (dict(task.recipe)["lr"], dict(task.recipe)["steps"], dict(task.dataset.params)["rows"]) == (0.1, 5, 24)
    assert resolve_task("diabetes", matrix).primary == "rmse"


def test_an_outside_data_set_may_bring_a_domain_of_its_own(tmp_path):
    task = resolve_task(str(TOYS / "gaussians.py"), load_text(tmp_path, GOOD + POINTS))
    assert task.domain == "points"
    assert task.domain_source == str(TOYS / "points.py")


def test_probes_of_one_text_are_one():
    assert resolve_probe("noise").call == resolve_probe("noise(std=0.1)").call or resolve_probe("noise").name == "noise"
    assert resolve_probe("fgsm(eps=0.5)").name == "fgsm(eps=0.5)"
    with pytest.raises(InputError, match="unknown probe 'fgms'; did you mean 'fgsm'"):
        resolve_probe("fgms")
