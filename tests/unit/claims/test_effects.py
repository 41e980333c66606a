"""What a rule measures, by hand."""

import numpy as np
import pytest
from support.folders import BASE, NOISE, write_folder

from mixsuite.claims.effects import control_measured, measured, tie_margin, tolerance
from mixsuite.claims.study import Rule
from mixsuite.results.reading import load_results

GOOD, BEST = BASE - 0.05 + NOISE[0], BASE - 0.1 + NOISE[1]


@pytest.fixture
def results(tmp_path):
    values = {"t": {"erm": BASE, "m": BEST, "half": GOOD}, "u": {"erm": BASE + 0.1, "m": BASE + 0.05}}
    return load_results(write_folder(tmp_path, values))


def of(results, task="t", **rule):
    return measured(Rule(**rule), results.manifest.tasks[task], results)


def test_a_difference_a_value_and_a_log_ratio(results):
    assert of(results, method="m", at_most=1) == pytest.approx(BEST)
    assert of(results, method="m", against="erm") == pytest.approx(BEST - BASE)
    half = 0.5 / 30  # half an error of 30 test rows
    ratio = np.log((BEST.mean() + half) / (BASE.mean() + half))
    assert of(results, method="m", against="erm", measure="log ratio").mean() == pytest.approx(ratio)


def test_an_interaction_is_the_difference_of_the_measure(results):
    asked = {"method": "m", "against": "erm", "measure": "log ratio"}
    there, here = of(results, "u", **asked), of(results, "t", **asked)
    assert of(results, "u", minus="t", **asked) == pytest.approx(there - here)


def test_a_share_of_the_gain(results):
    found = of(results, method="half", against="m", gain_over="erm", as_good=True)
    assert found.mean() == pytest.approx((BASE - GOOD).mean() / (BASE - BEST).mean())


def test_a_margin_in_the_measure_is_a_share_of_the_reference_in_the_metrics_units(results):
    task = results.manifest.tasks["t"]
    rule = Rule(method="m", against="erm", measure="log ratio", claimed=-0.3)
    assert tolerance(rule, task, results) == pytest.approx(0.1)
    assert tie_margin(rule, task, results) == pytest.approx(0.1 * BASE.mean())
    assert tie_margin(rule.model_copy(update={"measure": "difference"}), task, results) == pytest.approx(0.1)
    share = Rule(method="m", against="erm", relative=True, margin=1.0, as_good=True)  # twice as much
    assert (tolerance(share, task, results), tie_margin(share, task, results)) == pytest.approx((np.log(2), 1.0))
    bare = Rule(method="m", against="erm")
    assert tolerance(bare, task, results) == pytest.approx(max(0.05 * BASE.mean(), 1 / 30))
    assert tolerance(bare.model_copy(update={"measure": "log ratio"}), task, results) == 0.05


def test_a_control_is_measured_in_the_same_way(results):
    task = results.manifest.tasks["t"]
    rule = Rule(method="m", against="erm", measure="log ratio", control="half")
    wanted = of(results, method="half", against="erm", measure="log ratio").mean()
    assert control_measured(rule, task, results) == pytest.approx(wanted)
    further = Rule(method="m", at_most=1, control_metric="error")
    assert control_measured(further, task, results) == pytest.approx(BEST.mean())
    assert np.isnan(control_measured(Rule(method="m", at_most=1), task, results))
    assert np.isnan(control_measured(rule.model_copy(update={"control": "gone"}), task, results))
