"""Matrix files: keys, values, and one-line errors that name what is wrong."""

import pytest
from support.matrices import GOOD, RECIPE, load_text

from mixsuite.errors import InputError
from mixsuite.experiment.matrix import folders, load_matrix, matrix_names, read_toml


def test_a_matrix_is_read(tmp_path):
    matrix = load_text(tmp_path, GOOD + RECIPE)
    assert (matrix.name, matrix.seeds, matrix.reference, matrix.select) == ("m", (0, 1, 2), "erm", "last")
    assert matrix.recipes["mine"].momentum == 0.9


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
        (GOOD + "margin = -0.1", 'margin: -0.1: allowed is a number from 0 to below 1, or a share as "5%"'),
        (GOOD + "lengths = [0, 1]", r"lengths: \[0, 1\]: allowed are different whole numbers from 1 to 1000"),
        (GOOD + "lengths = [2, 2]", r"lengths: \[2, 2\]: allowed are different"),
        (GOOD + "lengths = []", r"lengths: \[\]: allowed are different"),
        (GOOD + "lengths = [1.5]", "lengths.0 = 1.5: .*integer"),
        (GOOD + 'margin = "5"', "margin: '5': allowed is a number from 0 to below 1, or a share"),
        (GOOD + 'exclude = ["cutmix wine"]', "METHOD x DATASET"),
        (GOOD + 'probes = ["fgsm("]', "probes: 'fgsm\\('"),
        (GOOD + RECIPE.replace("lr = 0.1", "lr = 0"), "recipes.mine.lr = 0: .*greater than 0"),
        (GOOD + RECIPE + "learning_rate = 1", "unknown recipes.mine entry 'learning_rate'"),
        (GOOD + RECIPE + "epochs = 3", "one of epochs and steps"),
        (GOOD + RECIPE.replace("lr = 0.1", "lr = nan"), "lr = nan"),
        ("datasets = 3", "datasets = 3"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as error:
        load_text(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_matrix_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"unknown matrix 'quik'; did you mean 'quick'\?"):
        load_matrix("quik")
    with pytest.raises(InputError, match="does not exist"):
        load_matrix(str(tmp_path / "no.toml"))


def test_the_folder_at_hand_comes_before_what_was_shipped(tmp_path, monkeypatch):
    assert "quick" in matrix_names()
    monkeypatch.chdir(tmp_path)
    assert folders()[0].name == "benchmarks"
    assert {"quick", "regress"} <= set(matrix_names())  # those of the package
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "quick.toml").write_text(GOOD)
    assert load_matrix("quick").datasets == ("wine",)
    (tmp_path / "benchmarks" / "mine.toml").write_text(GOOD)
    assert "mine" in matrix_names()


def test_a_matrix_knows_by_what_it_was_asked_for(tmp_path):
    (tmp_path / "m.toml").write_text(GOOD)
    assert load_matrix(str(tmp_path / "m.toml")).source == str(tmp_path / "m.toml")
    assert (load_matrix("quick").name, load_matrix("quick").source) == ("quick", "quick")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "m.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_toml(tmp_path / "m.toml")
