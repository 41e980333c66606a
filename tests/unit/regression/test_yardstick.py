"""Costs as ratios to a yardstick, from records and from what pytest-benchmark saves."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from mixsuite.regression.baseline import accept
from mixsuite.regression.regress import as_text, regress
from mixsuite.regression.yardstick import Yardstick, compare_benchmarks, grown, load_yardstick, save_yardstick, time_yardstick


def test_the_yardstick_is_a_real_workload_in_a_process_of_its_own(tmp_path):
    timed = time_yardstick()
    assert 0.001 < timed.seconds < 60
    assert timed.peak_memory > 50e6  # torch alone
    later = "2100-01-01T00:00:00.000000+00:00"
    save_yardstick(tmp_path, timed, Yardstick(2 * timed.seconds, timed.peak_memory, later, later))
    kept = load_yardstick(tmp_path)
    assert kept.seconds == pytest.approx(1.5 * timed.seconds)
    assert kept.ratios({"seconds": 3 * timed.seconds}, timed.end) == {"seconds_ratio": pytest.approx(2)}
    assert kept.ratios({"seconds": 1.0}, "2001-01-01T00:00:00.000000+00:00") == {}  # a run of another session


@pytest.mark.parametrize(
    "text", ["", "{}", '{"seconds": 0, "peak_memory": 1}', "[1]", '{"seconds": "a", "peak_memory": 1}']
)
def test_a_damaged_yardstick_is_refused(tmp_path, text, mixsuite, accepted):
    (tmp_path / "yardstick.json").write_text(text)
    with pytest.raises(Exception, match=r"yardstick.json: not a yardstick"):
        load_yardstick(tmp_path)


def copy(accepted, tmp_path, seconds):
    """The accepted results, the yardstick having taken so many seconds beside them."""
    import shutil

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
        found = regress(copy(accepted, tmp_path, seconds), tmp_path / "b.csv")
        assert found.costs[("images", "seconds_ratio")] == pytest.approx(wanted)
        assert found.costs[("images", "peak_memory_ratio")] == pytest.approx(1)
        assert found.status == status
        assert "Costs in yardsticks" in as_text(found)
        assert "costs: 3 of 6 within 10% of the baseline's, in yardsticks" in as_text(found)
    assert found.headline.startswith("regression")
    frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
    frame["machine"] = frame["machine"].str.replace("AVX512", "NEON").str.replace("AVX2", "NEON")
    frame.to_csv(tmp_path / "other.csv", index=False)
    found = regress(tmp_path / "out0.5", tmp_path / "other.csv")  # another kind of machine: shown, not gated
    assert (found.costs, found.status) == ({}, 0)
    assert "costs are not gated: another kind of machine" in found.notes[0]
    untimed = regress(accepted[0], tmp_path / "b.csv")
    assert untimed.costs == {}
    assert "costs are not gated: no yardstick was timed beside these runs" in untimed.notes[0]


def test_one_method_that_grew_slow_is_seen_among_others(accepted, tmp_path):
    accept(copy(accepted, tmp_path, 1.0), tmp_path / "b.csv")
    frame = pd.read_csv(tmp_path / "b.csv", dtype=str, keep_default_na=False)
    slow = (frame["method"] == "mixup") & (frame["metric"] == "seconds_ratio")
    frame.loc[slow, "value"] = (frame.loc[slow, "value"].astype(float) / 20).astype(str)
    frame.to_csv(tmp_path / "b.csv", index=False)
    found = regress(tmp_path / "out1.0", tmp_path / "b.csv")
    assert found.costs["mixup", "seconds_ratio"] == pytest.approx(20)
    assert found.costs["erm", "seconds_ratio"] == pytest.approx(1)
    assert found.status == 1


def test_growth_is_the_median_ratio_of_pairs():
    assert grown([1.0, 2.0, 4.0], [2.0, 2.0, 4.0]) == 1.0
    assert grown([1.0, 2.0, 4.0], [2.0, 4.0, 4.0]) == 2.0


BENCH = """
def test_yardstick(benchmark):
    benchmark(lambda: sum(range(20000)))

def test_work(benchmark):
    benchmark(lambda: sum(range({})))
"""


def test_what_pytest_benchmark_saves_is_compared_by_ratio(tmp_path, mixsuite):
    for name, size in (("then", 40000), ("now", 160000)):
        (tmp_path / "test_bench.py").write_text(BENCH.format(size))
        command = [sys.executable, "-m", "pytest", "-q", "test_bench.py", "-p", "no:cacheprovider", "-p", "no:xdist"]
        options = ["--benchmark-json", f"{name}.json", "--benchmark-max-time", "0.2", "-o", "addopts="]
        bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        subprocess.run([*command, *options], cwd=tmp_path, env=bare, check=True, capture_output=True)
    found, alone = compare_benchmarks(tmp_path / "then.json", tmp_path / "now.json")
    assert [(t.name, t.slower) for t in found] == [("test_bench.py::test_work", True)]
    assert 2 < found[0].ratio < 8  # four times the work
    assert alone == []
    told = mixsuite("regress", "--perf", "--baseline", tmp_path / "then.json", "--out", tmp_path / "now.json")
    assert told.status == 1
    assert "1 benchmarks, 1 slower" in told.out
    same = mixsuite("regress", "--perf", "--baseline", tmp_path / "now.json", "--out", tmp_path / "now.json")
    assert same.status == 0


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
