"""Findings, rules over tasks, and conclusions."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from support.folders import BASE, NOISE, write_folder

from mixsuite.claims.conclusion import Aim, Part, conclude, parts, with_findings, word
from mixsuite.claims.judge import sub_tests
from mixsuite.claims.study import Regime, Rule
from mixsuite.results.reading import load_results
from mixsuite.stats.meta import pool

FLAT = np.arange(10) - 4.5


@pytest.mark.parametrize(
    ("words", "conclusion"),
    [
        (["supports", "supports"], "supported"),
        (["supports", "contradicts"], "contradicted"),
        (["not run", "contradicts"], "contradicted"),
        (["supports", "not run"], "not run"),
        (["not applicable", "supports"], "not tested in the claim's regime"),
        (["no difference seen"] * 2, "no difference seen"),
        (["no difference seen", "supports"], "not decided"),
        (["not decided", "supports"], "not decided"),
        ([], "not run"),
    ],
)
def test_the_conclusion_on_a_claim(words, conclusion):
    assert conclude([Part(one) for one in words]) == conclusion


@pytest.mark.parametrize(("mean", "finding"), [(-1, "supports"), (1, "contradicts"), (0, "no difference seen")])
def test_what_could_support_could_contradict(mean, finding):
    """The mirror image has the mirror word."""
    swapped = {"supports": "contradicts", "contradicts": "supports"}.get(finding, finding)
    values = [mean + 0.1 * FLAT]
    assert word(pool(values, ["a"]), Aim(0, True, 0.5)) == finding
    assert word(pool(values, ["a"]), Aim(0, False, 0.5)) == swapped
    assert word(pool([-values[0]], ["a"]), Aim(0, True, 0.5)) == swapped
    assert word(pool([0.2 + FLAT], ["a"]), Aim(0, True, 0.5)) == "not decided"
    assert word(pool([0.0 * FLAT], ["a"]), Aim(0, True)) == "not decided"


def concluded(out, values, *rules, regime=None, changes=None):
    results = load_results(write_folder(out, values, changes))
    study = SimpleNamespace(tests=rules, regime=regime or Regime())
    tests = with_findings(study, results, sub_tests(study, results, {}))
    return tests, parts(study, results, tests)


def five(shift):
    return {f"d{i}": {"erm": BASE, "m": BASE * (1 + shift) + NOISE[i % 4]} for i in range(5)}


RATIO = Rule(method="m", against="erm", measure="log ratio", claimed=-0.2)


@pytest.mark.parametrize(("shift", "finding"), [(-0.2, "supports"), (0.2, "contradicts"), (0.0, "no difference seen")])
def test_a_rule_over_five_data_sets_is_about_tasks_like_these(tmp_path, shift, finding):
    _, (part,) = concluded(tmp_path, five(shift), RATIO)
    half = 0.5 / 30
    means = [np.log((row["m"].mean() + half) / (BASE.mean() + half)) for row in five(shift).values()]
    assert (part.finding, part.scope, part.pooled.clusters) == (finding, "tasks like these", 5)
    assert part.pooled.value == pytest.approx(np.mean(means))
    assert (part.low, part.high) == pytest.approx(stats.t.interval(0.95, 4, np.mean(means), stats.sem(means)))
    assert part.of_claimed == pytest.approx(part.pooled.value / -0.2)


def test_rules_share_the_error_rate(tmp_path):
    _, (alone,) = concluded(tmp_path / "a", five(-0.2), RATIO)
    _, (first, _) = concluded(tmp_path / "b", five(-0.2), RATIO, RATIO)
    assert first.low < alone.low
    assert (first.low, first.high) == pytest.approx(alone.pooled.interval(0.975))


def test_tasks_out_of_the_regime_have_no_part_in_it(tmp_path):
    changes = {(f"d{i}", "erm"): {"train_error": 0.0 if i else 0.5} for i in range(5)}
    tests, (part,) = concluded(tmp_path / "a", five(-0.2), RATIO, regime=Regime(train_error=0.01), changes=changes)
    assert [test.finding for test in tests] == ["not applicable", *["supports"] * 4]
    assert tests[0].regime == "erm's training error: 0.5"
    assert tests[0].outcome == "better"  # what was seen stays
    assert (part.scope, part.pooled.clusters) == ("these tasks", 4)
    _, (none,) = concluded(tmp_path / "b", five(-0.2), RATIO, regime=Regime(converged=True))
    assert (none.finding, none.pooled, none.scope) == ("not applicable", None, "")


def test_a_task_that_was_not_run_leaves_its_rule_open(tmp_path):
    values = five(-0.2)
    values["d0"] = {"erm": BASE, "m": [None, *BASE[1:]]}
    tests, (part,) = concluded(tmp_path, values, RATIO)
    assert (tests[0].finding, part.finding) == ("not run", "not run")


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ({"method": "erm", "at_most": 0.5}, "supports"),
        ({"method": "erm", "at_most": 0.1}, "contradicts"),
        ({"method": "erm", "at_least": 0.1}, "supports"),
        ({"method": "erm", "at_least": 0.5}, "contradicts"),
        ({"method": "erm", "at_least": float(BASE.mean())}, "not decided"),
        ({"method": "worse", "against": "erm", "as_good": True, "margin": 0.2}, "supports"),
        ({"method": "worse", "against": "erm", "as_good": True, "margin": 0.02}, "contradicts"),
        ({"method": "worse", "against": "erm", "as_good": True, "margin": 0.1}, "not decided"),
        ({"method": "half", "against": "m", "as_good": True, "gain_over": "erm", "keeps": 0.3}, "supports"),
        ({"method": "half", "against": "m", "as_good": True, "gain_over": "erm", "keeps": 0.9}, "contradicts"),
    ],
)
def test_bounds_go_by_the_interval_and_not_by_every_seed(tmp_path, rule, finding):
    methods = {
        "erm": BASE,
        "m": BASE - 0.1 + NOISE[0],
        "half": BASE - 0.05,
        "worse": BASE + 0.1 + NOISE[1] - NOISE[1].mean(),
    }
    (test,), (part,) = concluded(tmp_path, {"t": methods}, Rule(**rule))
    assert (test.finding, part.finding) == (finding, finding)
