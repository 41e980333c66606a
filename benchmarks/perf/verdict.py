"""Time what a user waits for: the answer about a variant, the quick matrix, and the start of a further worker.

    python benchmarks/perf/verdict.py [--before CHECKOUT] [--out results/perf/verdict.json]

Each call is the command that a user types, in an empty folder, from its start to its end: a comparison from nothing,
one whose references have been trained before (that is not timed), one with --until decided, and the quick matrix. With
--before the same calls are made by another checkout, in turn with this one's.
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
from pathlib import Path

from mixsuite.execution.pool import Pool

CALLS = {  # name -> (what is called before and not timed, what is timed)
    "compare": ([], ["compare", "./mine.py"]),
    "compare, references there": (["run", "quick", "--methods", "mixup,erm"], ["compare", "./mine.py"]),
    "compare --until decided": ([], ["compare", "./mine.py", "--until", "decided"]),
    "run quick": ([], ["run", "quick"]),
}
CALLS_BY_WORD = dict(zip(("compare", "reuse", "until", "quick"), CALLS, strict=True))
LONG = ("compare --until decided", "run quick")  # once, by this checkout alone
HERE = Path(__file__).parents[2]


def mixsuite(folder: Path, checkout: Path, *words: str) -> float:
    """Run one command line in a folder by a checkout's code; return its seconds."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-P", "-m", "mixsuite", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begin


def seconds_of(name: str, checkout: Path) -> float:
    """Time a call in an empty folder."""
    first, timed = CALLS[name]
    with tempfile.TemporaryDirectory() as folder:
        mixsuite(Path(folder), checkout, "new-method", "mine")
        if first:
            mixsuite(Path(folder), checkout, *first)
        return mixsuite(Path(folder), checkout, *timed)


def starts(count: int) -> list[float]:
    """Time from asking for a worker until it is ready: the first, which imports torch, and each further one."""
    seconds = []
    with Pool(count) as pool:
        for number in range(1, count + 1):
            begin = time.perf_counter()
            pool.start(number)
            while not all(worker.ready for worker in pool._workers):
                list(pool._collect())
            seconds.append(time.perf_counter() - begin)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, help="another checkout, timed in turn")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--calls", default=",".join(CALLS_BY_WORD), help="some of: %(default)s")
    parser.add_argument("--out", type=Path, help="other calls' seconds that stand there are kept")
    asked = parser.parse_args()
    checkouts = {"now": HERE} | ({"before": asked.before.absolute()} if asked.before else {})
    results: dict[str, object] = {}
    if asked.out and asked.out.exists():
        results = json.loads(asked.out.read_text(encoding="utf-8"))
    results |= {"cores": len(os.sched_getaffinity(0)), "starts": starts(5)}
    for name in map(CALLS_BY_WORD.__getitem__, asked.calls.split(",")):
        timed = {"now": HERE} if name in LONG else checkouts
        seconds: dict[str, list[float]] = {which: [] for which in timed}
        for _ in range(1 if name in LONG else asked.rounds):
            for which, checkout in timed.items():
                seconds[which].append(seconds_of(name, checkout))
        results[name] = seconds
        print(name, {which: f"{statistics.median(many):.1f} s" for which, many in seconds.items()}, flush=True)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
