"""Proof: a runner that is killed at any moment loses at most the runs in flight.

Each round starts `mixsuite run` on a matrix of short runs, kills the runner with SIGKILL at a random moment, and lets
the next round go on in the same folder. After every kill the records file must be readable and hold every run that was
recorded before. The last call must complete the matrix, with the same results as a call that was never killed.

    python benchmarks/proofs/kills.py [--kills 20] [--out results/reference/kills.md]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from mixsuite import api
from mixsuite.results.record import Record
from mixsuite.results.record_files import read_records

WORKERS = 2
MATRIX = """
seeds = "0-SEEDS"
datasets = ["iris(rows=20)@short"]
methods = ["erm", "mixup", "mixup(alpha=0.2)"]
[recipes.short]
model = "mlp(width=16, depth=1)"
optimizer = "sgd"
lr = 0.1
steps = 40
batch = 8
"""


@dataclass(frozen=True)
class Kill:
    """One kill: when, how many runs were recorded before and after it, and whether a line was torn."""

    after_seconds: float
    before: int
    after: int
    torn: bool


def command(matrix: Path, out: Path) -> list[str]:
    """The command line that is killed."""
    return [sys.executable, "-m", "mixsuite", "run", str(matrix), "--out", str(out), "--workers", str(WORKERS)]


def read(out: Path) -> tuple[dict[str, Record], bool]:
    """Read every whole record, and whether the last line is torn."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        records = read_records(out)
    return records, any("torn" in str(w.message) for w in caught)


def kill_once(matrix: Path, out: Path, seconds: float) -> Kill:
    """Start a run, wait until it records (or has nothing to do), then kill the runner after ``seconds``.

    Raises:
        AssertionError: a run that was recorded before is gone.
    """
    before, _ = read(out)
    runner = subprocess.Popen(command(matrix, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while runner.poll() is None and len(read(out)[0]) == len(before):
        time.sleep(0.02)
    time.sleep(seconds)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    after, torn = read(out)
    assert before.keys() <= after.keys(), "a recorded run is gone"
    return Kill(seconds, len(before), len(after), torn)


def same_results(one: Path, other: Path) -> bool:
    """Whether two folders hold the same runs with byte-identical metrics and digests."""
    (a, _), (b, _) = read(one), read(other)
    return a.keys() == b.keys() and all(
        (a[k].status, a[k].metrics, a[k].digests) == (b[k].status, b[k].metrics, b[k].digests) for k in a
    )


def write_matrix(folder: Path, seeds: int) -> Path:
    """Write a matrix of 3 x ``seeds`` runs of some milliseconds each."""
    path = folder / "short.toml"
    path.write_text(MATRIX.replace("SEEDS", str(seeds - 1)))
    return path


def prove(folder: Path, kills: int, seeds: int, within: float = 0.5) -> tuple[list[Kill], int, bool]:
    """Kill a call again and again, then let it finish.

    within: the longest time from the first new record to a kill, in seconds.

    Returns:
        (every kill, the number of runs that the last call trained, whether all results equal those of a call that was
        never killed).
    """
    matrix = write_matrix(folder, seeds)
    draws = random.Random(0)
    out = folder / "killed"
    done = [kill_once(matrix, out, draws.uniform(0, within)) for _ in range(kills)]
    left = len(read(out)[0])
    undisturbed = folder / "undisturbed"
    for whole in (out, undisturbed):
        api.run(str(matrix), out=whole, workers=WORKERS)
    total = len(read(out)[0])
    return done, total - left, same_results(out, undisturbed)


def page(kills: list[Kill], rest: int, same: bool) -> str:
    """Write the proof as Markdown."""
    rows = [
        f"| {i} | {k.after_seconds:.3f} | {k.before} | {k.after} | {'yes' if k.torn else 'no'} |"
        for i, k in enumerate(kills, 1)
    ]
    return "\n".join(
        [
            "# The runner killed at random moments",
            "",
            f"{len(kills)} times SIGKILL at a random moment after the first new record of a call "
            f"({WORKERS} workers); each next call goes on in the same folder. Remade by `make proofs`.",
            "",
            "- every run that was recorded before a kill was there after it: yes (checked at each kill)",
            f"- records files with a foreign line: 0; torn last lines: {sum(k.torn for k in kills)}",
            f"- runs trained by the last call, which was left alone: {rest}",
            "- metrics and digests of all runs equal to those of a folder that was never disturbed: "
            f"{'yes' if same else 'NO'}",
            "",
            "| kill | seconds after the first new record | records before | records after | torn last line |",
            "| ---: | ---: | ---: | ---: | --- |",
            *rows,
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kills, rest, same = prove(Path(folder), arguments.kills, seeds=10 * arguments.kills)
    text = page(kills, rest, same)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
