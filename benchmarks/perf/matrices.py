"""Time whole matrices of 24 runs: mixsuite against plain_loop.py, one run after another and one process per core.

    python benchmarks/perf/matrices.py [--training] [--out results/perf/matrices.json]

Every round times each way once, in turn, so a slow spell of the machine slows all of them; medians over rounds are
compared. "With start-up" is the time from the command to its end, data and imports included. "Training only" is the
difference between runs of 1 + TIMES times the steps and runs of the plain number of steps. It covers at least 1,000
steps and no start-up. Plain runs are independent processes, so only six are timed, and each counts four times.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TASKS = {
    "wine": "wine(rows=24, test=0.6)",
    "digits": "digits(rows=150, test=0.6)",
    "japanese_vowels": "japanese_vowels(rows=120)",
    "b3db": "b3db(rows=200, test=0.4)",
}
RUNS, TIMES, PLAIN_RUNS = 24, 4, 6
PLAIN = Path(__file__).with_name("plain_loop.py")


def suite(task: str, times: int, executor: str, device: str) -> float:
    """Time one call of the command line into an empty folder, in seconds. b3db is mixed where plain_loop mixes it."""
    method = f"mixup(length={times}{', site=embedding' if task == 'b3db' else ''})"
    with tempfile.TemporaryDirectory() as folder:
        matrix = Path(folder) / "one.toml"
        named = f'reference = "{method}"\nmethods = ["{method}"]\ndatasets = ["{TASKS[task]}"]\n'
        matrix.write_text(f'{named}seeds = "0-{RUNS - 1}"\n')
        out = ["--out", f"{folder}/out", "--executor", executor, "--device", device]
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "mixsuite", "run", str(matrix), *out], check=True, capture_output=True)
        return time.perf_counter() - begin


def plain(task: str, times: int, at_once: int, device: str) -> float:
    """Time plain runs, one process per run, in seconds for RUNS of them.

    Several at once have one thread each; runs one after another have the default number of threads.
    """
    environment = dict(os.environ) | ({"OMP_NUM_THREADS": "1"} if at_once > 1 else {})
    waiting = [
        [sys.executable, str(PLAIN), task, str(seed), "--times", str(times), "--device", device]
        for seed in range(PLAIN_RUNS)
    ]
    begin = time.perf_counter()
    running: list[subprocess.Popen[bytes]] = []
    while waiting or running:
        while waiting and len(running) < at_once:
            running.append(subprocess.Popen(waiting.pop(), env=environment, stdout=subprocess.DEVNULL))
        done = running.pop(0)
        if done.wait():
            raise RuntimeError(f"{done.args} failed")
    return (time.perf_counter() - begin) * RUNS / PLAIN_RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--rounds", type=int, default=3, help="of the short runs; the long ones take one less")
    parser.add_argument("--executor", default="auto")
    parser.add_argument(
        "--device", default="cpu", choices=["cpu", "cuda"], help="of both, the suite's and the plain runs"
    )
    parser.add_argument("--training", action="store_true", help="also training only (takes several times as long)")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    ways: dict[str, Callable[[str, int], float]] = {
        "mixsuite": lambda task, times: suite(task, times, asked.executor, asked.device),
        "one after another": lambda task, times: plain(task, times, 1, asked.device),
        "one process a core": lambda task, times: plain(task, times, cores, asked.device),
    }
    results = []
    for task in asked.tasks.split(","):
        for times in (1, 1 + TIMES) if asked.training else (1,):
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(asked.rounds if times == 1 else max(1, asked.rounds - 1)):
                for way, work in ways.items():
                    seconds[way].append(work(task, times))
            results.append(
                {"task": task, "times": times, "runs": RUNS, "cores": cores, "device": asked.device, "seconds": seconds}
            )
            medians = {way: statistics.median(values) for way, values in seconds.items()}
            ratios = {way: value / medians["mixsuite"] for way, value in medians.items()}
            for way, median in medians.items():
                print(f"{task} x{times}: {way} {median:.2f} s, {ratios[way]:.2f} of mixsuite's", flush=True)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
