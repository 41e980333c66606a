"""Measure the cost of running beside training: runs that train next to nothing, start-up, and the leaderboard.

    python benchmarks/perf/running.py [--out results/perf/running.json]

A trivial run trains one small model for one step. The cost per run is the time from the command to its end, less the
start (the time of one run), times the worker processes, divided by the runs. Memory is that of the
call's largest process.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MATRIX = """reference = "erm"
methods = ["erm"]
datasets = ["wine(rows=24, test=0.6)@one_step"]
seeds = "0"
[recipes.one_step]
model = "mlp(width=8, depth=1)"
optimizer = "adam"
lr = 0.001
steps = 1
batch = 16
"""
CALL = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "bytes": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"""


def call(*words: object) -> dict[str, float]:
    """Run one command line of mixsuite; return its seconds and peak bytes, all its processes included."""
    argv = [sys.executable, "-c", CALL, sys.executable, "-m", "mixsuite", *map(str, words)]
    costs: dict[str, float] = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    return costs


def trivial(runs: int, folder: Path, executor: str) -> dict[str, float]:
    """Measure one call that trains trivial runs into an empty folder."""
    matrix = folder / "trivial.toml"
    matrix.write_text(MATRIX)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return call("run", matrix, "--seeds", f"0-{runs - 1}", "--out", f"{out}/out", "--executor", executor)


def runs(folder: Path, counts: list[int], rounds: int) -> list[dict[str, Any]]:
    """Measure every number of runs by both executors, in turn."""
    costs: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for executor in ("loop", "lockstep"):
            for count in counts:
                costs.setdefault((executor, count), []).append(trivial(count, folder, executor))
    return [
        {"executor": executor, "runs": count, **{k: [one[k] for one in many] for k in ("seconds", "bytes")}}
        for (executor, count), many in costs.items()
    ]


def leaderboard(folder: Path, calls: int) -> dict[str, Any]:
    """Measure `mixsuite leaderboard` over the 100,000 made-up records of proofs/leaderboard.py."""
    path = Path(__file__).parent.parent / "proofs" / "leaderboard.py"
    spec = importlib.util.spec_from_file_location("leaderboard", path)
    assert spec is not None and spec.loader is not None
    proof = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(proof)
    proof.folder(folder / "many", 50, 100, 20)
    taken = [call("leaderboard", "--out", folder / "many") for _ in range(calls)]
    return {"records": 100_000, **{k: [one[k] for one in taken] for k in ("seconds", "bytes")}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--counts", default="1,50,500,1000")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    counts = [int(v) for v in asked.counts.split(",")]
    starts = {"--help": ["--help"], "list methods": ["list", "methods"], "list datasets": ["list", "datasets"]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for words in starts.values():
            call(*words)  # the first call compiles the modules' bytecode
        results = {
            "cores": len(os.sched_getaffinity(0)),
            "start": {
                name: [call(*words)["seconds"] for _ in range(3 * asked.rounds)] for name, words in starts.items()
            },
            "runs": runs(folder, counts, asked.rounds),
            "leaderboard": leaderboard(folder, asked.rounds),
        }
    for name, seconds in results["start"].items():
        print(f"{name}: {statistics.median(seconds):.2f} s")
    for one in results["runs"]:
        print(f"{one['runs']} runs, {one['executor']}: {statistics.median(one['seconds']):.2f} s")
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
