"""Measure the cost of `mixsuite leaderboard`: 50 tasks x 100 methods x up to 20 seeds, 100,000 records.

The records are made up (normal errors, 6 metrics, 50-point curves, bins and digests as in a real run) and written by
mixsuite's own writer. The command is run as a user types it, and its time and peak memory are measured. In turn with
it, a plain loop that parses each line of the same files with json.loads is timed, so the ratio of the two can be
compared between machines.

    python benchmarks/proofs/leaderboard.py [--out results/reference/leaderboard_cost.md]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mixsuite.experiment.spec import MethodSpec, RunSpec, Task
from mixsuite.plugins.entry import Call
from mixsuite.results.manifest import Manifest
from mixsuite.results.record import SCHEMA, Record
from mixsuite.results.record_files import RecordWriter

RECIPE = (("model", "mlp(width=64, depth=2)"), ("optimizer", "adam"), ("lr", 0.001), ("batch", 16), ("steps", 300))


def folder(out: Path, tasks: int, methods: int, seeds: int) -> None:
    """Write a results folder of made-up records."""
    draws = np.random.Generator(np.random.Philox(key=7))
    shown = Manifest("erm")
    all_methods = [MethodSpec("erm", Call("erm"))]
    all_methods += [
        MethodSpec(f"mixup(alpha={a / 100})", Call("mixup", (("alpha", a / 100),))) for a in range(1, methods)
    ]
    with RecordWriter(out) as writer:
        for t in range(tasks):
            task = Task(f"made_up(rows={t + 10})", "tabular", Call("made_up", (("rows", t + 10),)), "r", RECIPE)
            by_seed = 0.2 + 0.02 * draws.standard_normal(seeds)
            for method in all_methods:
                runs = [RunSpec(task, method, seed) for seed in range(seeds)]
                shown.add(runs)
                for run, base in zip(runs, by_seed, strict=True):
                    writer.append(f"t{t}", record(run, base, draws))
    shown.save(out)


def record(run: RunSpec, base: float, draws: np.random.Generator) -> Record:
    """Make up a record of the size of a real run's."""
    values = base + 0.01 * draws.standard_normal(6)
    names = ("error", "macro_error", "nll", "brier", "nll_scaled", "brier_scaled")
    task, method = run.task, run.method
    bins = {k: draws.random(15).round(6).tolist() for k in ("rows", "confidence", "right")}
    return Record(
        schema=SCHEMA,
        id=run.id,
        names={"domain": task.domain, "dataset": task.name, "recipe": "r", "task": task.name, "method": method.name},
        spec=run.canonical(),
        status="ok",
        reason="",
        code={
            "hash": method.name[-8:],
            "core": "c" * 16,
            "method": method.name,
            "dataset": "d" * 16,
            "libraries": {"torch": "2"},
        },
        data="",
        time="2026-01-01T00:00:00.000000+00:00",
        metrics=dict(zip(names, values.tolist(), strict=True)),
        curve=[{"step": i, "loss": float(v)} for i, v in enumerate(draws.random(50).round(6))],
        reliability=bins,
        reliability_scaled=bins,
        temperature={"value": 1.0, "at_bound": False},
        seconds=1.0,
        steps=300,
        rows_per_step=16.0,
        peak_memory=900_000_000,
        parameters=18_691,
        parts={"train": 100, "valid": 20, "test": 90},
        split="drawn",
        digests=dict.fromkeys(("data", "split", "init", "order", "draws", "plan", "weights"), "0123456789abcdef"),
    )


def measure(out: Path) -> tuple[float, float]:
    """Run the command once; return (seconds, peak gigabytes)."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "mixsuite", "leaderboard", "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, "the command failed"
    return time.perf_counter() - started, usage.ru_maxrss * (1024 if sys.platform == "linux" else 1) / 1e9


def parse_alone(out: Path) -> float:
    """Time json.loads alone over the same lines, in seconds."""
    started = time.perf_counter()
    for path in (out / "records").glob("*.jsonl"):
        with path.open() as file:
            for line in file:
                json.loads(line)
    return time.perf_counter() - started


def page(rows: list[tuple[int, float, float, float, float]]) -> str:
    """Write the measurement as Markdown."""
    lines = [
        f"| {runs:,} | {size:.0f} MB | {seconds:.1f} s | {seconds / plain:.1f} | {memory:.2f} GB |"
        for runs, size, seconds, plain, memory in rows
    ]
    return "\n".join(
        [
            "# What the leaderboard costs",
            "",
            "`mixsuite leaderboard` over 50 tasks x 100 methods, one process; medians of three calls. Remade by",
            "`make proofs`. The third column is of the machine that made this table; the fourth is the ratio to",
            "parsing the same lines with json.loads and doing nothing else, measured in turn.",
            "",
            "| records | files | time | ratio to parsing alone | peak memory |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *lines,
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--methods", type=int, default=100)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = []
    for seeds in (5, 10, 20):
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            folder(out, arguments.tasks, arguments.methods, seeds)
            size = sum(p.stat().st_size for p in (out / "records").glob("*.jsonl")) / 1e6
            pairs = [(measure(out), parse_alone(out)) for _ in range(3)]
            seconds, memory = (float(np.median([m[i] for m, _ in pairs])) for i in (0, 1))
            plain = float(np.median([p for _, p in pairs]))
            rows.append((arguments.tasks * arguments.methods * seeds, size, seconds, plain, memory))
    text = page(rows)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
