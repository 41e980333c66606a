"""Write the short table of `make perf`: the measured ratios beside those that are wanted.

    python benchmarks/perf/table.py RAW results/perf

RAW is the folder that pytest-benchmark and the scripts here wrote. Only its numbers are kept, and table.md is written.
"""

from __future__ import annotations

import argparse
import json
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Any

from matrices import AFTER, BEFORE, CORE, NOW

from mixsuite.execution.worker import machine

WANTED = {  # task: (what it is, {way: (least ratio with start-up, of training alone)}); None: nothing is wanted
    "wine": ("tables", {AFTER: (25, 7), CORE: (10, 4)}),
    "digits": ("images", {AFTER: (4, None), CORE: (2, 1.5)}),
    "japanese_vowels": ("speech", {AFTER: (9, None), CORE: (4, 1.5)}),
    "b3db": ("graphs", {AFTER: (12, None), CORE: (4, 3)}),
    "resnet": ("ResNet-18", {CORE: (None, 1)}),
    "fashion": ("three convolutions", {CORE: (None, 1)}),
    "commands": ("VGG-11 on log-mels", {CORE: (None, 1)}),
    "nci1": ("GIN", {CORE: (None, 1)}),
    "ft_transformer": ("FT-Transformer", {CORE: (None, 1)}),
    "tabm": ("TabM", {CORE: (None, 1)}),
}


ANSWERS = {  # call -> the most seconds that are wanted; None: nothing is
    "compare": None,
    "compare, references there": 25,
    "compare --until decided": 45,
    "run quick": 240,
}


def spread(values: list[float]) -> str:
    """Write the median, and the smallest and largest value."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def line(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def met(value: float, wanted: float | None, most: bool = False) -> str:
    if wanted is None:
        return ""
    good = value <= wanted if most else value >= wanted
    return f"{'at most' if most else 'at least'} {wanted:g}: {'met' if good else '**not met**'}"


def mixing(stats: dict[str, dict[str, float]]) -> list[str]:
    """Write the medians of mixing as multiples of a clone of the batch."""
    rows = ["| batch | method | mixsuite | torchvision v2 | timm | torchvision / mixsuite | timm / mixsuite |"]
    rows.append("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for shape in ("256x3x32x32", "64x3x224x224"):
        clone = stats[f"test_clone[{shape}]"]["median"]
        for method in ("mixup", "cutmix"):
            own, vision, timm = (
                stats[f"test_{who}[{shape}-{method}]"]["median"] for who in ("mixsuite", "torchvision", "timm")
            )
            cells = [f"{v / clone:.2f}" for v in (own, vision, timm)]
            if shape.startswith("256"):
                cells[0] += f" ({met(own / clone, 1.5, most=True)})"
                targets = [f" ({met(vision / own, 2)})", f" ({met(timm / own, 1.3)})"]
            else:
                targets = ["", ""]
            rows.append(line(shape, method, *cells, f"{vision / own:.2f}{targets[0]}", f"{timm / own:.2f}{targets[1]}"))
    return rows


def steps(stats: dict[str, dict[str, float]], extra: dict[str, dict[str, int]]) -> list[str]:
    """Write the loop's time divided by lockstep's for the same runs."""
    rows = ["| domain | method | runs in a block | loop / lockstep |", "| --- | --- | ---: | ---: |"]
    for name, one in stats.items():
        if name.startswith("test_runs[") and name.endswith("-loop]"):
            *_, domain, method, _ = name[len("test_runs[") : -1].split("-")
            other = stats[name.replace("-loop]", "-lockstep]")]
            rows.append(line(domain, method, extra[name]["runs"], f"{one['median'] / other['median']:.2f}"))
    return rows


def matrices(found: list[dict[str, Any]]) -> list[str]:
    """Write the ratios of plain runs to mixsuite, with start-up and of training alone; and of mixsuite before."""
    rows = ["| runs of | mixsuite, s | against | with start-up | wanted | training only | wanted |"]
    rows.append("| --- | ---: | --- | ---: | --- | ---: | --- |")
    by = {(one["task"], one["times"]): one for one in found}
    longer = max(one["times"] for one in found)
    for task, (what, ways) in WANTED.items():
        short = by[task, 1]["seconds"]
        own = statistics.median(short[NOW])
        for way, (least, alone) in (ways | ({BEFORE: (None, None)} if BEFORE in short else {})).items():
            ratio = statistics.median(short[way]) / own
            cells: list[str] = ["", ""]
            if longer > 1:
                long = by[task, longer]["seconds"]
                gap = [statistics.median(long[w]) - statistics.median(short[w]) for w in (way, NOW)]
                cells = [f"{gap[0] / gap[1]:.2f}", met(gap[0] / gap[1], alone)]
            runs = f"{by[task, 1]['runs']} {task} ({what})"
            rows.append(line(runs, spread(short[NOW]), way, f"{ratio:.1f}", met(ratio, least), *cells))
    return rows


def running(found: dict[str, Any]) -> list[str]:
    """Write start-up, the cost and memory over the number of runs, and the leaderboard's cost."""
    rows = ["| what | measured | wanted |", "| --- | ---: | --- |"]
    for name, seconds in found["start"].items():
        target = met(statistics.median(seconds), 0.3, most=True) if name == "--help" else ""
        rows.append(line(f"`mixsuite {name}`, s", spread(seconds), target))
    cores = found["cores"]
    by = {(one["executor"], one["runs"]): one for one in found["runs"]}
    for executor in ("loop", "lockstep"):
        counts = sorted(runs for kind, runs in by if kind == executor)
        seconds = {runs: statistics.median(by[executor, runs]["seconds"]) for runs in counts}
        for fewer, more in pairwise(counts[1:]):  # one run keeps only one core busy, so the first count is left out
            each = 1000 * (seconds[more] - seconds[fewer]) * cores / (more - fewer)
            what = f"{executor}, from {fewer:,} to {more:,} trivial runs: ms of a core for each further one"
            rows.append(line(what, f"{each:.1f}", met(each, 20, most=True)))
        peaks = [f"{statistics.median(by[executor, runs]['bytes']) / 1e6:.0f}" for runs in counts]
        names = ", ".join(f"{runs:,}" for runs in counts)
        rows.append(line(f"{executor}: MB of the largest process at {names} runs", ", ".join(peaks), "flat"))
    board = found["leaderboard"]
    seconds, size = statistics.median(board["seconds"]), statistics.median(board["bytes"]) / 1e9
    text = f"{met(seconds, 10, most=True)}; {met(size, 1.5, most=True)}"
    rows.append(line("`mixsuite leaderboard`, 100,000 records: s, GB", f"{spread(board['seconds'])}, {size:.2f}", text))
    return rows


def verdict(found: dict[str, Any]) -> list[str]:
    """Write what a user waits for, before and now."""
    rows = ["| what | seconds | wanted | before |", "| --- | ---: | --- | ---: |"]
    first, *further = found["starts"]
    rows.append(line("the first worker is ready, which has imported torch", f"{first:.2f}", "", ""))
    wanted = met(statistics.median(further), 0.2, most=True)
    rows.append(line("each further worker is ready", spread(further), wanted, ""))
    for name, most in ANSWERS.items():
        if name not in found:
            rows.append(line(f"`{name}`", "not timed", f"at most {most:g}" if most else "", ""))
            continue
        seconds = found[name]
        before = spread(seconds["before"]) if "before" in seconds else ""
        wanted = met(statistics.median(seconds["now"]), most, most=True)
        rows.append(line(f"`{name}`", spread(seconds["now"]), wanted, before))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    saved = json.loads((asked.raw / "benchmarks.json").read_text(encoding="utf-8"))["benchmarks"]
    benchmarks = [
        {
            "fullname": benchmark["fullname"],
            "stats": {k: benchmark["stats"][k] for k in ("min", "q1", "median", "q3", "max", "rounds")},
            "extra_info": benchmark["extra_info"],
        }
        for benchmark in saved
    ]
    parts = {
        "benchmarks": {"benchmarks": benchmarks},
        **{
            name: json.loads((asked.raw / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("matrices", "running", "verdict")
        },
    }
    here = machine("cpu")
    for name, content in parts.items():
        (asked.out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    stats = {benchmark["fullname"].rsplit("::", 1)[1]: benchmark["stats"] for benchmark in benchmarks}
    extra = {benchmark["fullname"].rsplit("::", 1)[1]: benchmark["extra_info"] for benchmark in benchmarks}
    text = [
        "# What it costs",
        "",
        f"Made by `make perf` on {parts['running']['cores']} cores ({here['processor']}, {here['cpu']}), no GPU, so",
        "that what is wanted on one was not measured. Seconds are of that machine; ratios were measured in turn in one",
        "session. Medians, with the smallest and largest value where a range stands beside them. On speech the plain",
        "script's norms take padded frames for frames, which is cheaper than to leave them out.",
        "",
        "## Mixing alone, as multiples of a clone of the batch",
        "",
        *mixing(stats),
        "",
        "## Training steps: the loop against lockstep, one core",
        "",
        *steps(stats, extra),
        "",
        "## Whole matrices against a process a run (`plain_loop.py`)",
        "",
        *matrices(parts["matrices"]),
        "",
        "## Seconds to an answer",
        "",
        "A comparison of a new variant with mixup and erm on the quick matrix, from the command to its end.",
        "",
        *verdict(parts["verdict"]),
        "",
        "## Running",
        "",
        *running(parts["running"]),
        "",
    ]
    (asked.out / "table.md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
