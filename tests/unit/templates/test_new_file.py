"""Start files: what is written passes the kit, and what cannot be written is refused."""

import pytest

from mixsuite.testing.kit import check, problems


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_start_file_passes_the_kit_as_it_stands(mixsuite, here):
    made = mixsuite("new-method", "my_mixup")
    assert (made.status, made.out) == (0, "written: my_mixup.py; try it: mixsuite check ./my_mixup.py\n")
    found = check("./my_mixup.py(alpha=0.4)")
    assert problems(found) == []
    assert not [f for f in found if f.check == "target follows the signal" and f.status == "note"]  # declared
    source = (here / "my_mixup.py").read_text()
    assert "class MyMixup(Method):" in source
    # The parts that are commented out are right too.
    (here / "whole.py").write_text(source.replace("    # def ", "    def ").replace("    #     ", "        "))
    assert problems(check("./whole.py")) == []


@pytest.mark.slow
def test_a_data_sets_start_file_can_be_trained_on_as_it_stands(in_process, mixsuite, here, tiny):
    made = mixsuite("new-dataset", "my_rows")
    assert (made.status, made.out) == (0, "written: my_rows.py; try it: mixsuite data verify ./my_rows.py\n")
    verified = mixsuite("data", "verify", "./my_rows.py")
    assert verified.status == 0
    assert "400 rows (224 training, 56 validation, 120 test for seed 0), 2 classes" in verified.out
    trained = mixsuite("run", tiny, "--datasets", "./my_rows.py(noise=0.5)@tiny", "--out", "out")
    assert trained.status == 0
    assert "my_rows(noise=0.5),tiny" in (here / "out" / "runs.csv").read_text()
    # The part that is commented out is right too.
    source = (here / "my_rows.py").read_text()
    (here / "whole.py").write_text(source.replace("    # def ", "    def ").replace("    #     ", "        "))
    assert "my_rows/rows.csv is missing" in mixsuite("data", "verify", "./whole.py", "--data", here).err


@pytest.mark.slow
def test_a_models_start_file_passes_the_kit_and_can_be_trained_as_it_stands(mixsuite, here, tiny):
    made = mixsuite("new-model", "my_net")
    wanted = 'written: my_net.py; try it: mixsuite check ./my_net.py; in a recipe: model = "./my_net.py"\n'
    assert (made.status, made.out) == (0, wanted)
    assert mixsuite("check", "./my_net.py(width=8)").out == "./my_net.py(width=8): 0 problems, 0 to note, 6 ok\n"
    text = (
        tiny.read_text()
        + '[recipes.own]\nmodel = "./my_net.py(width=8)"\noptimizer = "sgd"\nlr = 0.1\nsteps = 3\nbatch = 4\n'
    )
    (here / "own.toml").write_text(text)
    assert mixsuite("run", "own.toml", "--datasets", "iris(rows=20)@own", "--out", "out").status == 0


@pytest.mark.slow
def test_a_metrics_start_file_passes_the_kit_and_can_be_a_primary_metric(in_process, mixsuite, here, tiny):
    made = mixsuite("new-metric", "my_score")
    wanted = 'written: my_score.py; try it: mixsuite check ./my_score.py; in a matrix: metrics = ["./my_score.py"]\n'
    assert (made.status, made.out) == (0, wanted)
    assert (
        mixsuite("check", "./my_score.py(level=0.4)").out == "./my_score.py(level=0.4): 0 problems, 0 to note, 7 ok\n"
    )
    tiny.write_text('primary = "./my_score.py(level=0.4)"\n' + tiny.read_text())
    said = mixsuite("run", tiny, "--out", "out")
    assert said.status == 0
    assert "my_score(level=0.4), higher is better" in said.out


@pytest.mark.slow
def test_an_optimisers_and_a_schedules_start_files_train_as_they_stand(in_process, mixsuite, here, tiny):
    made = mixsuite("new-optimizer", "my_sam")
    wanted = 'written: my_sam.py; try it: mixsuite check ./my_sam.py; in a recipe: optimizer = "./my_sam.py"\n'
    assert (made.status, made.out) == (0, wanted)
    assert mixsuite("new-schedule", "my_fall").out == 'written: my_fall.py; in a recipe: schedule = "./my_fall.py"\n'
    assert mixsuite("check", "./my_sam.py(size=2)").out == "./my_sam.py(size=2): 0 problems, 0 to note, 5 ok\n"
    text = tiny.read_text().replace('"sgd"', '"./my_sam.py(size=0.5)"') + 'schedule = "./my_fall.py(power=3)"\n'
    (here / "own.toml").write_text(text)
    assert mixsuite("run", "own.toml", "--out", "out").status == 0
    recipe = (here / "out" / "matrix.toml").read_text()
    assert 'optimizer = "my_sam(size=0.5)"' in recipe
    assert 'schedule = "my_fall(power=3.0)"' in recipe
    assert "4 of 4 runs to train" not in mixsuite("run", "own.toml", "--out", "out").err
    (here / "my_fall.py").write_text((here / "my_fall.py").read_text().replace("(1 - t)", "(1 - t / 2)"))
    assert "4 of 4 runs to train" in mixsuite("run", "own.toml", "--out", "out").err  # other code


@pytest.mark.slow
def test_an_augmentations_start_file_passes_the_kit_and_trains_as_it_stands(in_process, mixsuite, here, tiny):
    made = mixsuite("new-augmentation", "my_noise")
    wanted = 'written: my_noise.py; try it: mixsuite check ./my_noise.py; in a recipe: augment = "./my_noise.py"\n'
    assert (made.status, made.out) == (0, wanted)
    assert mixsuite("check", "./my_noise.py(sd=0.2)").out == "./my_noise.py(sd=0.2): 0 problems, 0 to note, 6 ok\n"
    (here / "own.toml").write_text(tiny.read_text() + 'augment = "./my_noise.py(sd=0.2)"\n')
    assert mixsuite("run", "own.toml", "--out", "out").status == 0
    assert 'augment = "my_noise(sd=0.2)"' in (here / "out" / "matrix.toml").read_text()
    # The part that is commented out is right too.
    source = (here / "my_noise.py").read_text()
    (here / "whole.py").write_text(source.replace("    # def ", "    def ").replace("    #     ", "        "))
    assert problems(check("./whole.py")) == []


@pytest.mark.slow
def test_a_loader_that_fails_is_named_with_what_it_said(mixsuite, here):
    mixsuite("new-dataset", "my_rows")
    source = (here / "my_rows.py").read_text()
    for name, wrong, said in (
        ("nan", "return Raw(x, np.where(y, np.nan, 0))", "targets must be finite numbers"),
        ("short", "return Raw(x, y[:-1])", "x must have as many rows as y, 399"),
        ("fails", "return Raw(x[['nothing']], y)", "fails.py, line"),
        ("array", "return Raw(x.drop(columns='colour').to_numpy(), y)", "x must be a pandas frame, is a ndarray"),
        ("fresh", "return Raw(x + np.random.default_rng().normal(), y)", "load() gives other rows at every call"),
        ("kind", "return Raw(x, y)  #kind", "unknown kind of kind 'clas'; did you mean 'class'?"),
    ):
        text = source.replace("return Raw(x, y)", wrong).replace(
            'x["colour"] =', 'x["colour"] =' if name != "fresh" else "_ ="
        )
        (here / f"{name}.py").write_text(text.replace('kind = "class"', 'kind = "clas"') if name == "kind" else text)
        refused = mixsuite("data", "verify", f"./{name}.py")
        assert refused.status in (1, 2)
        assert said in refused.err, name
        assert "Traceback" not in refused.err


@pytest.mark.parametrize("command", ["new-method", "new-dataset", "new-model"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("built-in", "is built in"),
        ("My-Mix", "a name in small letters"),
        ("class", "a name in small letters"),
    ],
)
def test_a_name_that_cannot_be_is_refused(mixsuite, here, command, name, said):
    if name == "built-in":
        name = {"new-method": "mixup", "new-dataset": "iris", "new-model": "conv"}[command]
    refused = mixsuite(command, name)
    assert refused.status == 2
    assert said in refused.err
    assert list(here.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(mixsuite, here):
    (here / "mine.py").write_text("precious")
    refused = mixsuite("new-method", "mine")
    assert refused.status == 2
    assert "mine.py is there already" in refused.err
    assert (here / "mine.py").read_text() == "precious"


def test_a_start_file_is_written_with_the_name_and_parses(here):
    import ast

    from mixsuite.plugins.kinds import DATASET, METHOD, MODEL
    from mixsuite.templates import new_file

    for kind, name in ((METHOD, "my_own_mix"), (DATASET, "my_own_rows"), (MODEL, "my_own_net")):
        path = new_file(kind, name, here)
        source = path.read_text()
        assert path == here / f"{name}.py"
        assert "TITLE" not in source
        assert "NAME" not in source
        *_, cls = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
        assert cls.name == "".join(part.capitalize() for part in name.split("_"))


def test_a_folder_that_is_not_there_is_bad_input(here):
    from mixsuite.errors import InputError
    from mixsuite.plugins.kinds import METHOD
    from mixsuite.templates import new_file

    with pytest.raises(InputError, match="cannot be written"):
        new_file(METHOD, "mine", here / "none")
