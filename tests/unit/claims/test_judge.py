"""Sub-tests as by hand, and verdicts by the table."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.folders import BASE, NOISE, write_folder

from mixsuite.claims.judge import SubTest, sub_tests, verdict
from mixsuite.claims.run import (
    decide,
    frame,
)
from mixsuite.claims.study import Rule, read_study
from mixsuite.results.reading import load_results


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        (["better", "better"], "holds"),
        (["better", "as good"], "holds"),
        (["better", "tie"], "holds in part"),
        (["better", "undecided"], "holds in part"),
        (["better", "not run: no data"], "holds in part"),
        (["better", "worse"], "does not hold here"),
        (["tie", "tie"], "does not hold here"),
        (["tie", "undecided"], "undecided"),
        (["not run: no data"], "undecided"),
        ([], "undecided"),
    ],
)
def test_the_verdict_on_a_claim(outcomes, wanted):
    assert verdict([SubTest("t", "error", "a", "b", outcome) for outcome in outcomes]) == wanted


def judged(out, *rules, absent=None):
    """Sub-tests of some rules on a folder."""
    return sub_tests(SimpleNamespace(tests=rules), load_results(out), absent or {})


def test_a_paired_rule_is_judged_as_in_a_leaderboard(tmp_path):
    good = BASE - 0.05 + NOISE[0]
    out = write_folder(tmp_path, {"t": {"erm": BASE, "m": good, "c": BASE - 0.01}})
    (found,) = judged(out, Rule(method="m", against="erm", control="c"))
    d = good - BASE
    assert (found.outcome, found.n, found.control, found.metric) == ("better", 10, "c", "error")
    assert found.effect == pytest.approx(d.mean())
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 9, d.mean(), stats.sem(d)))
    assert found.control_effect == pytest.approx(-0.01)
    (other,) = judged(out, Rule(method="m", against="erm", better="higher"))
    assert (other.outcome, other.effect) == ("worse", pytest.approx(d.mean()))


def test_paired_rules_of_a_study_are_one_family(tmp_path):
    """Each alone would do with six seeds; two of them need seven."""
    out = write_folder(tmp_path, {"t": {"erm": BASE[:6], "m": BASE[:6] - 0.1}})
    rule = Rule(method="m", against="erm")
    assert [found.outcome for found in judged(out, rule)] == ["better"]
    assert {found.outcome for found in judged(out, rule, rule)} == {"undecided (needs 7 seeds)"}


def test_a_tie_is_as_good_where_that_is_the_claim(tmp_path):
    out = write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE + NOISE[1] / 10}})
    assert [found.outcome for found in judged(out, Rule(method="m", against="erm"))] == ["tie"]
    assert [found.outcome for found in judged(out, Rule(method="m", against="erm", as_good=True))] == ["as good"]


@pytest.mark.parametrize(
    ("rule", "outcome", "against"),
    [
        ({"at_most": 0.5}, "better", "at most 0.5"),
        ({"at_most": 0.3}, "worse", "at most 0.3"),
        ({"at_least": 0.1}, "better", "at least 0.1"),
        ({"at_least": 0.3}, "worse", "at least 0.3"),
        ({"at_most": 0.0, "against": "m"}, "better", "m, at most 0"),
    ],
)
def test_a_bound_must_be_met_by_every_seed(tmp_path, rule, outcome, against):
    out = write_folder(tmp_path, {"t": {"erm": BASE, "m": BASE + 0.01}})
    (found,) = judged(out, Rule(method="erm", **rule))
    values = BASE if "against" not in rule else BASE - (BASE + 0.01)
    assert (found.outcome, found.against, found.bounded) == (outcome, against, True)
    assert (found.effect, found.low, found.high) == pytest.approx((values.mean(), values.min(), values.max()))


def test_a_share_and_a_difference_of_differences(tmp_path):
    out = write_folder(tmp_path, {"t": {"erm": BASE, "m": 0.9 * BASE}, "u": {"erm": BASE, "m": BASE - 0.05}})
    (share,) = judged(out, Rule(method="m", against="erm", tasks="t", relative=True, margin=0.01))
    assert (share.effect, share.relative, share.outcome) == (pytest.approx(-0.1), True, "better")
    (change,) = judged(out, Rule(method="m", against="erm", tasks="u", minus="t"))
    assert change.effect == pytest.approx((-0.05 + 0.1 * BASE).mean())
    assert change.against == "erm, minus t"


def test_what_cannot_be_decided_says_why(tmp_path):
    out = write_folder(tmp_path, {"t": {"erm": BASE, "m": [None, *BASE[1:]]}})
    rules = Rule(method="m", against="erm"), Rule(method="erm", metric="nll", at_most=1.0)
    outcomes = [found.outcome for found in judged(out, *rules)]
    assert outcomes == ["not run: m is failed", "not run: 0 of 10 seeds have nll"]
    (gone,) = judged(out, Rule(method="m", against="erm", tasks="gone*"), absent={"gone one": "its data are not there"})
    assert (gone.task, gone.outcome) == ("gone one", "not run: its data are not there")


@pytest.mark.slow
def test_effects_are_those_of_the_records(ran):
    folder, _ = ran
    out = folder / "results" / "claims" / "tiny"
    table = pd.read_csv(folder / "results" / "claims.csv")
    results = load_results(out)
    (task,) = results.manifest.tasks.values()
    values = {
        (method, metric): np.array([o.metrics[metric] for _, o in sorted(results.cell(task, method).ok.items())])
        for method in results.manifest.methods
        for metric in ("error", "nll")
    }
    d = values["mixup", "error"] - values["erm", "error"]
    first = table.iloc[0]
    assert first["n"] == 7
    assert first["effect"] == pytest.approx(d.mean(), rel=1e-4, abs=1e-12)
    low, high = stats.t.interval(0.95, 6, d.mean(), stats.sem(d)) if d.std() else (d.mean(), d.mean())
    assert (first["low"], first["high"]) == pytest.approx((low, high), rel=1e-4, abs=1e-9)
    control = values["mixup(length=2)", "error"] - values["erm", "error"]
    assert first["control_effect"] == pytest.approx(control.mean(), rel=1e-4, abs=1e-12)
    other = table[(table["metric"] == "nll") & table["effect"].notna()].iloc[0]
    assert other["effect"] == pytest.approx((values["mixup", "nll"] - values["erm", "nll"]).mean(), rel=1e-4)
    bounds = table[table["against"].str.startswith("at ", na=False)]
    assert bounds["outcome"].tolist() == ["better", "worse"]
    assert bounds.iloc[0]["high"] == pytest.approx(values["erm", "error"].max(), rel=1e-4)


@pytest.mark.slow
def test_a_missing_seed_leaves_it_undecided(ran, tmp_path):
    folder, _ = ran
    shutil.copytree(folder / "results" / "claims" / "tiny", tmp_path / "tiny")
    (path,) = (tmp_path / "tiny" / "records").glob("*.jsonl")
    lines = [line for line in path.read_text().splitlines() if '"seed":3' not in line or '"name":"erm"' not in line]
    path.write_text("\n".join(lines) + "\n")
    found = decide(read_study(folder / "benchmarks" / "claims" / "tiny.toml"), "quick", tmp_path / "tiny", {})
    assert [test.outcome for test in found.tests] == [
        "not run: erm is incomplete",
        "not run: erm is incomplete",
        "not run: erm is incomplete",
        "not run: erm is incomplete",
    ]
    assert found.verdict == "undecided"
    assert frame([found])["verdict"].eq("undecided").all()


@pytest.mark.slow
def test_a_rule_that_names_no_task_gives_no_sub_test(ran):
    folder, _ = ran
    study = read_study(folder / "benchmarks" / "claims" / "tiny.toml")
    rules = (Rule(method="mixup", against="erm", tasks="nothing*"),)
    results = load_results(folder / "results" / "claims" / "tiny")
    assert sub_tests(study.model_copy(update={"tests": rules}), results, {}) == []


@pytest.mark.slow
def test_every_kind_of_effect_is_as_by_hand(kinds):
    _, v, rows, _ = kinds
    short = {m: v["short", m, "nll"] for m in ("erm", "mixup", "mixup(length=2)")}
    longer = {m: v["longer", m, "nll"] for m in short}
    d = short["mixup"] - short["erm"]
    share = d / short["erm"]
    change = (longer["mixup"] - longer["erm"]) - d
    wanted = [
        (d.mean(), d.min(), d.max(), (short["mixup(length=2)"] - short["erm"]).mean()),
        (d.mean(), d.min(), d.max(), None),
        (share.mean(), *stats.t.interval(0.95, 6, share.mean(), stats.sem(share)),
         (short["mixup(length=2)"] / short["erm"] - 1).mean()),
        (change.mean(), *stats.t.interval(0.95, 6, change.mean(), stats.sem(change)),
         (longer["mixup(length=2)"] - longer["erm"] - short["mixup(length=2)"] + short["erm"]).mean()),
        (v["short", "mixup", "brier"].mean(), v["short", "mixup", "brier"].min(), v["short", "mixup", "brier"].max(),
         short["mixup"].mean()),
    ]  # fmt: skip
    for row, numbers in zip(rows.itertuples(), wanted, strict=False):
        found = (row.effect, row.low, row.high, row.control_effect)
        for one, other in zip(found, numbers, strict=True):
            assert other is None or one == pytest.approx(other, rel=1e-4, abs=1e-8), row
    assert rows["n"].tolist() == [7] * 6
    assert rows["outcome"].iloc[[0, 1, 4, 5]].tolist() == ["better", "worse", "better", "as good"]
    assert rows["against"].tolist()[:5] == [
        "erm, at most 10", "erm, at least 10", "erm", "erm, minus wine(rows=24)@short", "at most 2",
    ]  # fmt: skip
    assert rows["control"][4] == "nll of mixup"
    ratio = v["short", "mixup", "seconds"] / v["short", "erm", "seconds"] - 1
    assert rows["effect"][5] == pytest.approx(ratio.mean(), rel=1e-3)


@pytest.mark.slow
def test_the_direction_of_an_interaction_is_that_of_the_claim(kinds):
    folder, *_ = kinds
    study = read_study(folder / "benchmarks" / "claims" / "kinds.toml")
    results = load_results(folder / "results" / "claims" / "kinds")
    (rule,) = (rule for rule in study.tests if rule.minus)
    outcomes = {}
    for better in ("higher", "lower"):
        tests = (rule.model_copy(update={"better": better, "margin": 0.0}),)
        (outcomes[better],) = sub_tests(study.model_copy(update={"tests": tests}), results, {})
    assert outcomes["higher"].effect == outcomes["lower"].effect
    words = {outcomes[better].outcome for better in outcomes}
    assert words in ({"better", "worse"}, {"undecided"})
    if words == {"better", "worse"}:
        assert (outcomes["higher"].outcome == "better") == (outcomes["higher"].effect > 0)
