"""The table [tune] of a matrix: read, or refused in one line."""

import pytest
from support.matrices import GOOD, load_text

from mixsuite.errors import InputError
from mixsuite.experiment.tune import Tune, asked
from mixsuite.plugins.space import Choice, Linear, Log, Whole


def test_a_matrix_without_the_table_has_its_defaults(tmp_path):
    assert load_text(tmp_path, GOOD).tune == Tune(trials=20, sampler="tpe", lr=None, weight_decay=None, methods={})


def test_ranges_are_lists_or_tables(tmp_path):
    table = """[tune]
trials = 8
sampler = "grid"
lr = {low = 0.001, high = 0.1}
weight_decay = [0, 1e-4]
[tune.methods.mixup]
alpha = {low = 0.1, high = 1.0, scale = "linear"}
lam = ["batch", "row"]
[tune.methods.multi_mix]
k = {low = 2, high = 5, scale = "whole"}
"""
    tune = load_text(tmp_path, GOOD + table).tune
    assert (tune.trials, tune.sampler, tune.lr, tune.weight_decay) == (8, "grid", Log(0.001, 0.1), Choice([0, 1e-4]))
    assert tune.methods == {
        "mixup": {"alpha": Linear(0.1, 1.0), "lam": Choice(["batch", "row"])},
        "multi_mix": {"k": Whole(2, 5)},
    }


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("trials = 0", "tune.trials = 0: input should be greater than or equal to 1"),
        ("trials = 10001", "tune.trials = 10001"),
        ('sampler = "bayes"', "tune.sampler = 'bayes': input should be 'tpe', 'random' or 'grid'"),
        ('scored_on = "test"', "unknown tune entry 'scored_on'"),
        ("lr = 0.1", r"tune.lr: 0.1: allowed are a list of values, or \{low"),
        ("lr = {low = 0.1}", "allowed are a list of values, or"),
        ("lr = {low = 0.1, high = 0.01}", "the first number must be below the second"),
        ("lr = {low = 0.0, high = 0.01}", "both must be above 0"),
        ('lr = {low = 0.0, high = 0.01, scale = "linear"}', "0.0: allowed are numbers above 0"),
        ('lr = {low = 0.1, high = 1, scale = "lin"}', "unknown scale 'lin'; did you mean 'linear'"),
        ('lr = {low = "a", high = 1}', "both must be numbers"),
        ("lr = [0.1, -0.1]", "-0.1: allowed are numbers above 0"),
        ("lr = [true]", "allowed are numbers above 0"),
        ("weight_decay = [-1e-4]", "allowed are numbers 0 or above"),
        ("lr = []", "at least one value"),
        ("methods = {mixup = {alpha = 3}}", "3: allowed are a list of values"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(tmp_path, table, said):
    with pytest.raises(InputError, match=said) as found:
        load_text(tmp_path, f"{GOOD}[tune]\n{table}\n")
    assert "\n" not in str(found.value)


def test_a_call_may_give_trials_and_sampler_instead():
    tune = Tune(trials=7, sampler="random", lr=[0.1])
    assert asked(tune) == tune
    assert asked(tune, 3) == Tune(trials=3, sampler="random", lr=[0.1])
    assert asked(tune, None, "grid").sampler == "grid"
    with pytest.raises(InputError, match="tune: trials = 0"):
        asked(tune, 0)
    with pytest.raises(InputError, match="tune: sampler = 'bayes'"):
        asked(tune, None, "bayes")
