"""Matrix files: keys, values, and one-line errors that name what is wrong."""

import pytest

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import load_matrix, matrix_names
from mixsuite.experiment.resolve import resolve
from mixsuite.plugins.entry import parse_call

GOOD = 'seeds = "0-2"\ndatasets = ["wine"]\nmethods = ["erm", "mixup"]\n'
RECIPE = '[recipes.mine]\nmodel = "mlp(width=8, depth=1)"\noptimizer = "sgd"\nlr = 0.1\nsteps = 5\nbatch = 4\n'


def load(tmp_path, text):
    path = tmp_path / "m.toml"
    path.write_text(text)
    return load_matrix(str(path))


def test_a_matrix_is_read(tmp_path):
    matrix = load(tmp_path, GOOD + RECIPE)
    assert (matrix.name, matrix.seeds, matrix.reference, matrix.select) == ("m", (0, 1, 2), "erm", "last")
    assert matrix.recipes["mine"].momentum == 0.9


@pytest.mark.parametrize("name", matrix_names())
def test_every_matrix_that_ships_can_be_resolved(name):
    resolved = resolve(load_matrix(name))
    ids = [run.id for run in resolved.runs()]
    assert len(set(ids)) == len(ids) == len(resolved.tasks) * len(resolved.methods) * len(resolved.seeds)
    assert len({t.domain for t in resolved.tasks}) >= 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "x = [", r"m\.toml: not TOML: .*line 4"),
        (GOOD + "sedes = 3", r"unknown key 'sedes'; did you mean 'seeds'\?"),
        (GOOD + "name = 'x'", "unknown key 'name'"),
        (GOOD.replace("0-2", "5-2"), r"seeds: seeds '5-2': 5-2 runs backwards; write 2-5"),
        (GOOD.replace('["wine"]', "[]"), "datasets = .*at least 1"),
        (GOOD.replace('"wine"', '"wine("'), "datasets: 'wine\\('"),
        (GOOD + 'select = "best"', "select = 'best': input should be 'last' or 'best_validation'"),
        (GOOD + "margin = -0.1", "margin = -0.1: .*greater than or equal to 0"),
        (GOOD + 'exclude = ["cutmix wine"]', "METHOD x DATASET"),
        (GOOD + 'probes = ["fgsm("]', "probes: 'fgsm\\('"),
        (GOOD + RECIPE.replace("lr = 0.1", "lr = 0"), "recipes.mine.lr = 0: .*greater than 0"),
        (GOOD + RECIPE + "learning_rate = 1", "unknown recipes.mine entry 'learning_rate'"),
        (GOOD + RECIPE.replace('"sgd"', '"sdg"'), "optimizer = 'sdg'.*'sgd', 'adam' or 'adamw'"),
        (GOOD + RECIPE + "epochs = 3", "one of epochs and steps"),
        (GOOD + RECIPE + 'schedule = "triangle"', "'triangle' is none of constant, linear, cosine, step"),
        (GOOD + RECIPE.replace("lr = 0.1", "lr = nan"), "lr = nan"),
        (GOOD + RECIPE + 'schedule = "step(at=0.5)"', "at is a list of shares"),
        (GOOD + RECIPE + 'schedule = "step(gamma=x)"', "gamma a factor above 0"),
        ("datasets = 3", "datasets = 3"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as error:
        load(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_matrix_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"unknown matrix 'quik'; did you mean 'quick'\?"):
        load_matrix("quik")
    with pytest.raises(InputError, match="does not exist"):
        load_matrix(str(tmp_path / "no.toml"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"methods": ["mixpu"]}, r"unknown method 'mixpu'; did you mean 'mixup'\?"),
        ({"methods": ["mixup(alhpa=1)"]}, r"unknown parameter of method 'mixup' 'alhpa'; did you mean 'alpha'\?"),
        ({"methods": ["./no.py"]}, "method file './no.py' does not exist"),
        ({"methods": ["no.such.module"]}, "cannot be found"),
        ({"datasets": ["wyne"]}, r"unknown dataset 'wyne'; did you mean 'wine'\?"),
        ({"datasets": ["wine@minne"]}, r"unknown recipe 'minne'; did you mean 'mine'\?"),
        ({"datasets": ["digits@mine"]}, "unknown model 'mlp'"),
        ({"datasets": ["wine(rows=1)"]}, "rows=1: allowed is 2 or more"),
        ({"datasets": ["diabetes(label_noise=0.1)"]}, "only for classes"),
    ],
)
def test_names_that_do_not_resolve(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        resolve(load(tmp_path, GOOD + RECIPE), **change)


def test_the_command_line_narrows_and_widens(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "wine(rows=60)", "iris"]') + RECIPE
    matrix = load(tmp_path, text)
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
        resolve(load(tmp_path, GOOD + 'exclude = ["cutmx x wine"]'))


def test_excluded_cells_are_left_out(tmp_path):
    text = GOOD.replace('["wine"]', '["wine(rows=24)", "iris"]') + 'exclude = ["mixup* x wine", "erm x i*"]'
    cells = {(r.task.name, r.method.name) for r in resolve(load(tmp_path, text)).runs()}
    assert cells == {("wine(rows=24)", "erm"), ("iris", "mixup")}


def test_one_name_for_two_things_is_refused(tmp_path):
    source = "from mixsuite.mixing.methods.mixup import Mixup as M\nclass Mine(M): pass\n"
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(source)
    both = [str(tmp_path / f / "mine.py") for f in "ab"]
    with pytest.raises(InputError, match="'mine' is given twice"):
        resolve(load(tmp_path, GOOD), methods=both)
    (tmp_path / "mixup.py").write_text(source)
    with pytest.raises(InputError, match="built-in method; give the file another name"):
        resolve(load(tmp_path, GOOD), methods=[str(tmp_path / "mixup.py")])


def test_the_same_cell_twice_is_one(tmp_path):
    found = resolve(load(tmp_path, GOOD), methods=["mixup", "mixup(alpha=1)", "erm"])
    assert [m.name for m in found.methods] == ["mixup", "erm"]
    assert parse_call(str(found.methods[0].call)) == found.methods[0].call
