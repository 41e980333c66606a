"""What is searched for a method on a task, and what is refused."""

import pytest
from support.matrices import GOOD, load_text
from support.searches import a_run

from mixsuite.errors import InputError
from mixsuite.experiment.resolve import resolve, resolve_method
from mixsuite.experiment.tune import Tune
from mixsuite.plugins.space import Choice, Log
from mixsuite.tuning.space import check_spaces, defaults, setting, space_of

OWN = {"alpha": Log(0.1, 4.0)}


def space(method="mixup", tune=None, entry="wine", own=OWN):
    run = a_run(method, entry=entry)
    return space_of(run.task, run.method, own, tune or Tune())


def test_common_ranges_are_a_factor_of_ten_around_the_recipe():
    found = space()
    lr = dict(a_run(entry="wine").task.recipe)["lr"]
    assert found == {"lr": Log(lr / 10, lr * 10), "weight_decay": Log(1e-5, 1e-2), "method.alpha": Log(0.1, 4.0)}
    assert space(entry="fashion_mnist")["weight_decay"] == Log(5e-5, 5e-3)


def test_a_matrix_may_give_its_own():
    tune = Tune(lr=[0.1, 0.2], weight_decay=[0.0], methods={"mixup": {"alpha": [0.2, 1.0], "lam": ["batch", "row"]}})
    assert space(tune=tune) == {
        "lr": Choice([0.1, 0.2]),
        "weight_decay": Choice([0.0]),
        "method.alpha": Choice([0.2, 1.0]),
        "method.lam": Choice(["batch", "row"]),
    }


def test_what_an_entry_writes_out_stays_as_it_is():
    assert "method.alpha" not in space("mixup(alpha=0.2)")
    assert "method.alpha" in space("mixup(alpha=1.0)")  # which is mixup


def test_a_setting_is_the_run_that_a_matrix_could_have_written():
    run = a_run("mixup")
    assert setting(run, defaults(run, space())) == run
    tuned = setting(run, {"lr": 0.5, "method.alpha": 1})
    assert tuned.method.call == resolve_method("mixup(alpha=1.0)").call
    assert setting(run, {"method.alpha": 0.2}).id == a_run("mixup(alpha=0.2)").id
    assert setting(run, {"weight_decay": 0}).id == run.id  # a whole number is the same number
    assert dict(tuned.task.recipe) == dict(run.task.recipe) | {"lr": 0.5}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("methods = {mixop = {alpha = [0.1]}}", "unknown method of this matrix 'mixop'; did you mean 'mixup'"),
        (
            "methods = {mixup = {alfa = [0.1]}}",
            r"\[tune.methods.mixup\]: unknown parameter 'alfa'; did you mean 'alpha'",
        ),
        (
            "methods = {mixup = {alpha = [0.1, 0.0]}}",
            "the space of mixup leaves what it allows: .*alpha=0.0: allowed is > 0",
        ),
        ('methods = {mixup = {alpha = ["a"]}}', "the space of mixup leaves what it allows: .*alpha='a'"),
        ("methods = {mixup = {start = [0.8], stop = [0.5]}}", "0 <= start <= stop <= 1"),
        ('methods = {mixup = {alpha = {low = -1, high = 1, scale = "linear"}}}', "alpha=-1"),
    ],
)
def test_a_table_that_a_method_does_not_allow_is_refused(tmp_path, table, said):
    matrix = load_text(tmp_path, f"{GOOD}[tune]\n{table}\n")
    with pytest.raises(InputError, match=said) as found:
        check_spaces(matrix, matrix.tune, resolve(matrix))
    assert "\n" not in str(found.value)


def test_a_table_may_name_a_method_that_this_call_leaves_out(tmp_path):
    matrix = load_text(tmp_path, f"{GOOD}[tune]\nmethods = {{mixup = {{alpha = [0.1]}}}}\n")
    check_spaces(matrix, matrix.tune, resolve(matrix, ["erm"]))


def test_many_ends_are_built_one_at_a_time(tmp_path):
    wide = ", ".join(f"0.{i:02d}" for i in range(1, 60))
    table = f"methods = {{mixup = {{alpha = [{wide}], start = [{wide}]}}}}"
    matrix = load_text(tmp_path, f"{GOOD}[tune]\n{table}\n")
    check_spaces(matrix, matrix.tune, resolve(matrix))
