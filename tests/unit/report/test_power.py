"""How many seeds an effect takes."""

import numpy as np
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.power import seeds_needed
from mixsuite.results.reading import load_results
from mixsuite.stats.paired import effect_factor
from mixsuite.stats.power import seeds_for_convergence, seeds_for_tie


def test_power_says_how_many_seeds_an_effect_takes(folder, mixsuite):
    values = {"erm": BASE, "calm": BASE + NOISE[0] / 5, "wild": BASE + 3 * NOISE[1]}
    out = folder({"t": values, "r": {"erm": 50 + NOISE[0], "m": 50 + 90 * NOISE[1]}}, regression=("r",))
    rows = seeds_needed(load_results(out), 0.01).set_index("task")
    sds = sorted(np.std(np.array(values[m]) - BASE, ddof=1) for m in ("calm", "wild"))
    assert rows.loc["t", ["sd", "sd_largest", "methods"]].tolist() == pytest.approx([np.mean(sds), sds[1], 2])
    assert rows.loc["t", "largest_method"] == "wild"
    n = int(rows.loc["t", "seeds_largest"])
    assert effect_factor(n, 2) * sds[1] <= 0.01 * 1.001 < effect_factor(n - 1, 2) * sds[1] * 1.002
    assert rows.loc["r", "effect"] == pytest.approx(0.01 * np.mean(50 + NOISE[0]))
    said = mixsuite("power", "--effect", 0.01, "--out", out)
    assert said.status == 0
    assert f"  {n}  wild" in said.out
    for wrong, text in (
        (["--effect", 0, "--out", out], "--effect 0.0: allowed"),
        (["--effect", 0.1, "--out", out / "x"], "no results there"),
    ):
        refused = mixsuite("power", *wrong)
        assert refused.status == 2
        assert text in refused.err


def test_where_nothing_is_paired_nothing_is_said(folder):
    (row,) = seeds_needed(load_results(folder({"t": {"erm": BASE[:1], "m": BASE[:1]}})), 0.01).to_dict("records")
    assert (row["methods"], np.isnan(row["sd"])) == (0, True)


def test_a_tie_takes_its_own_seeds_by_the_margin(folder, mixsuite):
    out = folder({"t": {"erm": BASE, "m": BASE + NOISE[0]}})
    (row,) = seeds_needed(load_results(out), 0.0, "tie").to_dict("records")
    assert row["margin"] == pytest.approx(max(0.05 * np.mean(BASE), 1 / 30))
    assert row["seeds"] == seeds_for_tie(np.std(NOISE[0], ddof=1), row["margin"], 1)
    assert row["seconds"] == pytest.approx(row["seeds"] * 2.0)
    assert mixsuite("power", "--question", "tie", "--out", out).status == 0
    found = mixsuite("power", "--out", out)
    assert (found.status, found.out) == (2, "")
    assert "--effect: the difference to be found is needed" in found.err
    assert mixsuite("power", "--question", "tie", "--effect", -1, "--out", out).status == 2


def test_convergence_takes_the_spread_of_both_lengths(folder):
    short, long = {"erm": BASE, "m": BASE + NOISE[0]}, {"erm": BASE + NOISE[1], "m": BASE + NOISE[2]}
    seconds = {("t@r×2", m): {"seconds": 5.0} for m in ("erm", "m")}
    results = load_results(folder({"t": short, "t@r×2": long, "u": short}, seconds))
    rows = seeds_needed(results, 0.0, "converged").set_index("task")
    gains = NOISE[0] - NOISE[2], -NOISE[1]
    sds = [np.std(g, ddof=1) for g in (*gains, gains[0] - gains[1])]
    assert rows.loc["t", "seeds"] == seeds_for_convergence(*sds, rows.loc["t", "margin"])
    assert rows.loc["t", "seconds"] == pytest.approx(rows.loc["t", "seeds"] * (2.0 + 10.0))
    sd = np.std(NOISE[0], ddof=1)  # nothing is longer: the spread of the difference stands for the others
    assert rows.loc["u", "seeds"] == seeds_for_convergence(sd, sd, 2**0.5 * sd, rows.loc["u", "margin"])
    assert rows.loc["u", "seconds"] == pytest.approx(rows.loc["u", "seeds"] * 6.0)


def test_what_a_thousand_seeds_would_not_do_is_empty(folder):
    wild = {"t": {"erm": BASE, "m": BASE + 100 * NOISE[0]}}
    (row,) = seeds_needed(load_results(folder(wild)), 0.0, "tie").to_dict("records")
    assert np.isnan(row["seeds"]) and np.isnan(row["seconds"])
