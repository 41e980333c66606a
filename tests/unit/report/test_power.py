"""How many seeds an effect takes."""

import numpy as np
import pytest
from support.folders import BASE, NOISE

from mixsuite.report.power import seeds_needed
from mixsuite.results.reading import load_results
from mixsuite.stats.paired import effect_factor


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
