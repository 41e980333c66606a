"""Costs as ratios to a yardstick."""

import json
import shutil

import pandas as pd
import pytest

from mixsuite.errors import InputError
from mixsuite.regression.baseline import accept
from mixsuite.regression.regress import compare_with_baseline
from mixsuite.regression.text import as_text
from mixsuite.regression.yardstick import (
    Yardstick,
    compare_benchmarks,
    grown,
    load_yardstick,
    save_yardstick,
    timings_text,
)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"seconds": 0, "peak_memory": 1}', "[1]", '{"seconds": "a", "peak_memory": 1}']
)
def test_a_damaged_yardstick_is_refused(tmp_path, text):
    (tmp_path / "yardstick.json").write_text(text)
    with pytest.raises(InputError, match=r"yardstick.json: not a yardstick"):
        load_yardstick(tmp_path)


def copy(accepted, tmp_path, seconds):
    """The accepted results, the yardstick having taken so many seconds beside them."""
    out = tmp_path / f"out{seconds}"
    shutil.copytree(accepted[0], out)
    span = "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"
    save_yardstick(out, *[Yardstick(seconds, 1e9, *span)] * 2)
    return out


def test_a_cost_is_gated_as_a_ratio_to_the_yardstick_alone(accepted, tmp_path):
    """The same seconds: a slower machine (its yardstick took twice as long) has become no slower itself; on one whose
    yardstick takes half as long the same seconds are twice the cost."""
    accept(copy(accepted, tmp_path, 1.0), tmp_path / "b.csv")
    for seconds, wanted, status in ((2.0, 0.5, 0), (0.8, 1.25, 0), (0.5, 2.0, 1)):
        found = compare_with_baseline(copy(accepted, tmp_path, seconds), tmp_path / "b.csv")
        assert found.costs[("images", "seconds_ratio")] == pytest.approx(wanted)
        assert found.costs[("images", "peak_memory_ratio")] == pytest.approx(1)
        assert found.status == status
        assert "Costs in yardsticks" in as_text(found)
        assert "costs: 3 of 6 within 10% of the baseline's, in yardsticks" in as_text(found)
    assert (
        found.headline
        == "regression: 2 same; costs grew: seconds_ratio of images 2.00 x, seconds_ratio of erm 2.00 x, seconds_ratio of mixup 2.00 x"
    )
    shown = compare_with_baseline(tmp_path / "out0.5", tmp_path / "b.csv", gate_costs=False)
    assert (shown.status, shown.costs) == (0, found.costs)
    assert shown.headline.startswith("no regression: 2 same; costs grew: seconds_ratio of images 2.00 x")
    assert shown.headline.endswith(" (shown, not gated)")
    assert "now / then (shown, not gated)" in as_text(shown)
    frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
    frame["machine"] = frame["machine"].str.replace("AVX512", "NEON").str.replace("AVX2", "NEON")
    frame.to_csv(tmp_path / "other.csv", index=False)
    found = compare_with_baseline(
        tmp_path / "out0.5", tmp_path / "other.csv"
    )  # another kind of machine: shown, not gated
    assert (found.costs, found.status) == ({}, 0)
    assert "costs are not gated: another kind of machine" in found.notes[0]
    untimed = compare_with_baseline(accepted[0], tmp_path / "b.csv")
    assert untimed.costs == {}
    assert "costs are not gated: no yardstick was timed beside these runs" in untimed.notes[0]


def test_one_method_that_grew_slow_is_seen_among_others(accepted, tmp_path):
    accept(copy(accepted, tmp_path, 1.0), tmp_path / "b.csv")
    frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
    slow = (frame["method"] == "mixup") & (frame["metric"] == "seconds_ratio")
    frame.loc[slow, "value"] = (frame.loc[slow, "value"].astype(float) / 20).astype(str)
    frame.to_csv(tmp_path / "b.csv", index=False)
    found = compare_with_baseline(tmp_path / "out1.0", tmp_path / "b.csv")
    assert found.costs["mixup", "seconds_ratio"] == pytest.approx(20)
    assert found.costs["erm", "seconds_ratio"] == pytest.approx(1)
    assert found.status == 1


def test_growth_is_the_median_ratio_of_pairs():
    assert grown([1.0, 2.0, 4.0], [2.0, 2.0, 4.0]) == 1.0
    assert grown([1.0, 2.0, 4.0], [2.0, 4.0, 4.0]) == 2.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"benchmarks": []}, "needs one benchmark named test_yardstick"),
        ({"other": 1}, "not what pytest-benchmark saves"),
        ([], "not what pytest-benchmark saves"),
    ],
)
def test_other_files_are_refused(tmp_path, mixsuite, value, said):
    (tmp_path / "a.json").write_text(json.dumps(value))
    refused = mixsuite("regress", "--perf", "--baseline", tmp_path / "a.json", "--out", tmp_path / "a.json")
    assert (refused.status, said in refused.err) == (2, True)
    assert mixsuite("regress", "--perf", "--baseline", tmp_path / "n.json", "--out", tmp_path / "n.json").status == 2


def benchmarks(path, **medians):
    found = [
        {"fullname": f"bench.py::test_{name}", "stats": {"median": m, "q1": 0.9 * m, "q3": 1.1 * m}}
        for name, m in medians.items()
    ]
    path.write_text(json.dumps({"benchmarks": found}))
    return path


def test_benchmarks_are_compared_by_ratio_to_their_own_yardstick(tmp_path):
    then = benchmarks(tmp_path / "then.json", yardstick=1.0, work=2.0, calm=1.0, gone=1.0)
    now = benchmarks(tmp_path / "now.json", yardstick=2.0, work=16.0, calm=2.0, new=1.0)
    timings, alone = compare_benchmarks(then, now)
    assert [(t.name, t.ratio, t.slower) for t in timings] == [
        ("bench.py::test_work", 4.0, True),
        ("bench.py::test_calm", 1.0, False),
    ]
    assert alone == ["bench.py::test_gone", "bench.py::test_new"]
    text = timings_text(timings, alone)
    assert text.startswith("2 benchmarks, 1 slower")
    assert "bench.py::test_work: 2 -> 8, 4.00 x, slower" in text
    assert "bench.py::test_new: in one of the files alone" in text


def test_a_yardstick_is_kept_as_the_mean_of_two(tmp_path):
    assert load_yardstick(tmp_path) is None
    one, other = Yardstick(1.0, 100.0, "2026-01", "2026-02"), Yardstick(2.0, 300.0, "2026-03", "2026-04")
    save_yardstick(tmp_path, one, other)
    kept = load_yardstick(tmp_path)
    assert kept == Yardstick(1.5, 200.0, "2026-01", "2026-04")
    assert kept.ratios({"seconds": 3.0, "peak_memory": 100.0}, "2026-02") == {
        "seconds_ratio": 2.0,
        "peak_memory_ratio": 0.5,
    }
    assert kept.ratios({"seconds": 3.0}, "2026-05") == {}
