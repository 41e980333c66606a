"""Preconditions: met, failed, unknown."""

import pytest
from support.folders import BASE, NOISE, write_folder

from mixsuite.claims.regime import holds, preconditions
from mixsuite.claims.study import Regime, Rule, Works
from mixsuite.results.reading import load_results

RULE = Rule(method="m", against="erm")
LONG = "t@r×2"


def seen(out, regime, rule=RULE, changes=None, values=None):
    given = values or {"t": {"erm": BASE, "m": BASE - 0.05 + NOISE[0]}}
    results = load_results(write_folder(out, given, changes))
    (found,) = preconditions(regime, rule, results.manifest.tasks["t"], results)
    return found.text, found.met


@pytest.mark.parametrize(
    ("longer", "state", "met"),
    [(0.0, "yes", True), (0.2, "no", False), (-0.2, "overtrained", False), (None, "not looked", None)],
)
def test_a_comparison_must_have_converged(tmp_path, longer, state, met):
    values = {"t": {"erm": BASE, "m": BASE + NOISE[0] / 100}}
    if longer is not None:
        values[LONG] = {name: row - longer for name, row in values["t"].items()}
    assert seen(tmp_path, Regime(converged=True), values=values) == (f"converged: {state}", met)


@pytest.mark.parametrize(("error", "met"), [(0.004, True), (0.02, False), (None, None)])
def test_the_reference_must_fit_its_rows(tmp_path, error, met):
    found = seen(tmp_path, Regime(train_error=0.01), changes={("t", "erm"): {"train_error": error}})
    assert found == (f"erm's training error: {'unknown' if error is None else error}", met)


@pytest.mark.parametrize(
    ("kind", "seconds", "met"), [("loop", 2.0, True), ("lockstep", 2.0, False), ("loop", 0.02, False), ("", 2.0, None)]
)
def test_times_are_of_runs_alone_and_long_enough(tmp_path, kind, seconds, met):
    changes = {("t", name): {"seconds": seconds, "executor": {"kind": kind}} for name in ("erm", "m")}
    assert seen(tmp_path, Regime(seconds=1.0), changes=changes)[1] is met


@pytest.mark.parametrize(
    ("metric", "least", "met"), [("error", 0.1, True), ("error", 0.9, False), ("modes", 0.5, None)]
)
def test_a_reference_must_work(tmp_path, metric, least, met):
    works = Works(method="erm", metric=metric, at_least=least)
    assert seen(tmp_path, Regime(), RULE.model_copy(update={"works": works}))[1] is met


@pytest.mark.parametrize(("gain", "met"), [(0.05, True), (0.0, False), (-0.05, False)])
def test_where_there_is_no_gain_there_is_none_to_explain(tmp_path, gain, met):
    values = {"t": {"erm": BASE, "m": BASE - gain + NOISE[0], "half": BASE}}
    rule = Rule(method="half", against="m", gain_over="erm", as_good=True)
    assert seen(tmp_path, Regime(), rule, values=values) == (f"gain of m: {'yes' if met else 'none shown'}", met)


def test_what_failed_weighs_more_than_what_is_unknown(tmp_path):
    values = {"t": {"erm": BASE, "m": BASE - 0.05 + NOISE[0]}}
    results = load_results(write_folder(tmp_path, values, {("t", "erm"): {"train_error": 0.5}}))
    regime = Regime(converged=True, train_error=0.01)
    found = preconditions(regime, RULE, results.manifest.tasks["t"], results)
    assert [one.met for one in found] == [None, False]
    assert holds(found) is False
    assert holds(found[:1]) is None
    assert holds([]) is True


def test_both_tasks_of_an_interaction_must_be_in_the_regime(tmp_path):
    values = {name: {"erm": BASE, "m": BASE + NOISE[0]} for name in ("t", "u")}
    changes = {(name, "erm"): {"train_error": error} for name, error in (("t", 0.0), ("u", 0.5))}
    results = load_results(write_folder(tmp_path, values, changes))
    rule = RULE.model_copy(update={"minus": "u"})
    found = preconditions(Regime(train_error=0.01), rule, results.manifest.tasks["t"], results)
    assert [(one.text, one.met) for one in found] == [
        ("erm's training error: 0", True),
        ("u: erm's training error: 0.5", False),
    ]
