"""Time whole matrices: mixsuite against plain_loop.py, one run after another and one process per core.

    python benchmarks/perf/matrices.py [--training] [--before CHECKOUT] [--out results/perf/matrices.json]

Four tasks are small, 24 runs each; six have nets of the size that people use, one run a core. Every round times each
way once, in turn, so a slow spell of the machine slows all of them; medians over rounds are compared. "With start-up"
is the time from the command to its end, data and imports included. "Training only" is the difference between runs of
1 + TIMES times the steps and runs of the plain number of steps: no start-up and no evaluation are in it. Plain runs are
independent processes, so of 24 only six are timed, and each counts four times. With --before another checkout's
mixsuite is timed in turn with them.
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

SMALL = {
    "wine": "wine(rows=24, test=0.6)",
    "digits": "digits(rows=150, test=0.6)",
    "japanese_vowels": "japanese_vowels(rows=120)",
    "b3db": "b3db(rows=200, test=0.4)",
}
LARGE = {
    "resnet": "cifar10_part(rows=500)@resnet",
    "fashion": "fashion_mnist(rows=2000)@fashion",
    "commands": "speech_commands@commands",
    "nci1": "tu:NCI1(rows=1000)@nci1",
    "ft_transformer": "letter(rows=4000)@ft_transformer",
    "tabm": "letter(rows=4000)@tabm",
}
EMBEDDED = ("b3db", "nci1")  # plain_loop mixes graphs behind their readout
TIMES, CORES = 4, len(os.sched_getaffinity(0))
HERE = Path(__file__).parent
NOW, BEFORE, AFTER, CORE = "mixsuite", "mixsuite before", "one after another", "one process a core"


def runs_of(task: str) -> tuple[int, int]:
    """(runs of a task, plain runs that are timed for them)."""
    return (24, 6) if task in SMALL else (CORES, CORES)


def matrix(task: str, times: int) -> str:
    """A matrix of a task's runs at so many times their steps."""
    method = f"mixup(length={times}{', site=embedding' if task in EMBEDDED else ''})"
    named = f'reference = "{method}"\nmethods = ["{method}"]\ndatasets = ["{(SMALL | LARGE)[task]}"]\n'
    return f'{named}seeds = "0-{runs_of(task)[0] - 1}"\n{(HERE / "large.toml").read_text(encoding="utf-8")}'


def suite(task: str, times: int, executor: str, device: str, checkout: Path = HERE.parents[1]) -> float:
    """Time one call of a checkout's command line into an empty folder, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.toml"
        path.write_text(matrix(task, times), encoding="utf-8")
        out = ["--out", f"{folder}/out", "--executor", executor, "--device", device]
        begin = time.perf_counter()
        command = [sys.executable, "-P", "-m", "mixsuite", "run", str(path), *out]
        environment = os.environ | {"PYTHONPATH": str(checkout)}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        return time.perf_counter() - begin


def plain(task: str, times: int, at_once: int, device: str) -> float:
    """Time plain runs, one process per run, in seconds for all of the task's runs.

    Several at once have one thread each; runs one after another have the default number of threads.
    """
    runs, timed = runs_of(task)
    environment = dict(os.environ) | ({"OMP_NUM_THREADS": "1"} if at_once > 1 else {})
    command = [sys.executable, str(HERE / "plain_loop.py"), task, "--times", str(times), "--device", device]
    waiting = [[*command, str(seed)] for seed in range(timed)]
    begin = time.perf_counter()
    running: list[subprocess.Popen[bytes]] = []
    while waiting or running:
        while waiting and len(running) < at_once:
            running.append(subprocess.Popen(waiting.pop(), env=environment, stdout=subprocess.DEVNULL))
        done = running.pop(0)
        if done.wait():
            raise RuntimeError(f"{done.args} failed")
    return (time.perf_counter() - begin) * runs / timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", default=",".join(SMALL | LARGE))
    parser.add_argument("--rounds", type=int, default=2, help="of the short runs; the long ones take one less")
    parser.add_argument("--executor", default="auto")
    parser.add_argument(
        "--device", default="cpu", choices=["cpu", "cuda"], help="of both, the suite's and the plain runs"
    )
    parser.add_argument("--training", action="store_true", help="also training only (takes several times as long)")
    parser.add_argument("--before", type=Path, help="another checkout, timed in turn")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    ways: dict[str, Callable[[str, int], float]] = {
        NOW: lambda task, times: suite(task, times, asked.executor, asked.device),
        AFTER: lambda task, times: plain(task, times, 1, asked.device),
        CORE: lambda task, times: plain(task, times, CORES, asked.device),
    }
    if asked.before:
        before = asked.before.absolute()
        ways[BEFORE] = lambda task, times: suite(task, times, asked.executor, asked.device, before)
    results = []
    for task in asked.tasks.split(","):
        for times in (1, 1 + TIMES) if asked.training else (1,):
            # A large net keeps a core busy by itself: it has no need of being timed alone with every core's thread.
            seconds = {way: list[float]() for way in ways if task in SMALL or way != AFTER}
            for _ in range(asked.rounds if times == 1 else max(1, asked.rounds - 1)):
                for way in seconds:
                    seconds[way].append(ways[way](task, times))
            about = {"task": task, "times": times, "runs": runs_of(task)[0], "cores": CORES, "device": asked.device}
            results.append(about | {"seconds": seconds})
            medians = {way: statistics.median(values) for way, values in seconds.items()}
            ratios = {way: value / medians["mixsuite"] for way, value in medians.items()}
            for way, median in medians.items():
                print(f"{task} x{times}: {way} {median:.2f} s, {ratios[way]:.2f} of mixsuite's", flush=True)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
