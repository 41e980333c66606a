"""The yardstick and pytest-benchmark, run for real."""

import os
import subprocess
import sys

import pytest

from mixsuite.regression.yardstick import Yardstick, compare_benchmarks, load_yardstick, save_yardstick, time_yardstick


@pytest.mark.slow
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


# A clock that the work itself moves on: how busy the machine is changes nothing.
CLOCK = """
now = 0.0

def work(amount):
    global now
    now += 1e-7 * amount

def clock():
    work(1)
    return now
"""
BENCH = """
from clock import work

def test_yardstick(benchmark):
    benchmark(work, 20000)

def test_work(benchmark):
    benchmark(work, {})
"""


@pytest.mark.slow
def test_what_pytest_benchmark_saves_is_compared_by_ratio(tmp_path, mixsuite):
    (tmp_path / "clock.py").write_text(CLOCK)
    for name, size in (("then", 40000), ("now", 160000)):
        (tmp_path / "test_bench.py").write_text(BENCH.format(size))
        command = [sys.executable, "-m", "pytest", "-q", "test_bench.py", "-p", "no:cacheprovider", "-p", "no:xdist"]
        options = [
            "--benchmark-json",
            f"{name}.json",
            "--benchmark-max-time",
            "0.2",
            "--benchmark-timer",
            "clock.clock",
            "-o",
            "addopts=",
        ]
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
