"""Time and memory as ratios to a yardstick: a fixed workload timed in the same session on the same machine."""

from __future__ import annotations

import datetime
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mixsuite.errors import InputError
from mixsuite.results.files import write_text

FILE = "yardstick.json"
SLOWER = 1.5  # a cost's ratio to the yardstick may grow to so many times what it was, in the median over runs

# Plain PyTorch and nothing of the suite: what a change of the suite cannot change. One thread.
_WORKLOAD = """
import json, resource, statistics, time
import torch
torch.set_num_threads(1)
torch.manual_seed(0)
x, y = torch.randn(256, 32), torch.randint(0, 4, (256,))
net = torch.nn.Sequential(torch.nn.Linear(32, 128), torch.nn.ReLU(), torch.nn.Linear(128, 4))
optimizer = torch.optim.Adam(net.parameters())
def work():
    started = time.perf_counter()
    for step in range(300):
        rows = torch.arange(32) + 32 * (step % 8)
        loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - started
work()
seconds = statistics.median(work() for _ in range(5))
print(json.dumps({"seconds": seconds, "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""


@dataclass(frozen=True)
class Yardstick:
    """What the fixed workload cost: seconds (median of 5), bytes at the peak.

    begin, end: the session that it stands for, UTC as records have it.
    """

    seconds: float
    peak_memory: float
    begin: str
    end: str

    def ratios(self, costs: dict[str, float], time: str) -> dict[str, float]:
        """Costs of a run that ended at ``time`` as multiples of it ("seconds_ratio"); none of another session."""
        own = asdict(self)
        return {f"{n}_ratio": v / own[n] for n, v in costs.items()} if self.begin <= time <= self.end else {}


def time_yardstick() -> Yardstick:
    """Run the workload now, in a process of its own; begin and end are when it ran.

    Raises:
        InputError: it cannot be run here.
    """
    begin = _now()
    done = subprocess.run([sys.executable, "-c", _WORKLOAD], capture_output=True, text=True, check=False)
    try:
        return Yardstick(**json.loads(done.stdout), begin=begin, end=_now())
    except (ValueError, TypeError):
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(f"the yardstick cannot be timed here: {said}") from None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def save_yardstick(out: Path, before: Yardstick, after: Yardstick) -> None:
    """Keep the mean of two timings beside the records of the training between them."""
    seconds, memory = ((getattr(before, n) + getattr(after, n)) / 2 for n in ("seconds", "peak_memory"))
    write_text(out / FILE, json.dumps(asdict(Yardstick(seconds, memory, before.begin, after.end))) + "\n")


def load_yardstick(out: Path) -> Yardstick | None:
    """The yardstick of a results folder; None where none was timed.

    Raises:
        InputError: the file is not one that was written here.
    """
    path = out / FILE
    if not path.exists():
        return None
    try:
        found = Yardstick(**json.loads(path.read_text(encoding="utf-8")))
        good = found.seconds > 0 and found.peak_memory > 0 and found.begin <= found.end
    except (ValueError, TypeError, OSError):
        good = False
    if not good:
        raise InputError(f"{path}: not a yardstick that mixsuite timed; remove it")
    return found


def grown(then: list[float], now: list[float]) -> float:
    """By what a cost grew: the median over runs of now / then; 1 where there was nothing to measure."""
    return statistics.median([b / a for a, b in zip(then, now, strict=True) if a > 0] or [1.0])


@dataclass(frozen=True)
class Timing:
    """One benchmark then and now, in yardsticks; ratio: now / then."""

    name: str
    then: float
    now: float
    slower: bool

    @property
    def ratio(self) -> float:
        return self.now / self.then


def compare_benchmarks(then: Path, now: Path) -> tuple[list[Timing], list[str]]:
    """Two JSON files that pytest-benchmark saved, each benchmark as a multiple of its own file's yardstick.

    Slower is one whose median grew by more than SLOWER and whose quartiles lie apart.

    Returns:
        (benchmarks of both files, names that only one of them has).

    Raises:
        InputError: not such a file, one without a benchmark named test_yardstick, or no benchmark in both.
    """
    old, new = _medians(then), _medians(now)
    timings = []
    for name in old:
        if name in new:
            (median_then, _, high_then), (median_now, low_now, _) = old[name], new[name]
            slower = median_now > SLOWER * median_then and low_now > high_then
            timings.append(Timing(name, median_then, median_now, slower))
    if not timings:
        raise InputError(f"{then} and {now}: no benchmark is in both")
    return timings, sorted(old.keys() ^ new.keys())


def timings_text(timings: list[Timing], alone: list[str]) -> str:
    """One line a benchmark: yardsticks then and now."""
    slower = sum(timing.slower for timing in timings)
    lines = [f"{len(timings)} benchmarks, {slower} slower (times in yardsticks, medians; gated above {SLOWER} x)"]
    lines += [
        f"{t.name}: {t.then:.3g} -> {t.now:.3g}, {t.ratio:.2f} x{', slower' if t.slower else ''}" for t in timings
    ]
    return "\n".join([*lines, *(f"{name}: in one of the files alone" for name in alone)])


def _medians(path: Path) -> dict[str, tuple[float, float, float]]:
    """Benchmark -> (median, lower and upper quartile), in yardsticks."""
    try:
        found = {b["fullname"]: b["stats"] for b in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}
        values = {name: (float(s["median"]), float(s["q1"]), float(s["q3"])) for name, s in found.items()}
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not what pytest-benchmark saves (--benchmark-json)") from None
    units = [median for name, (median, *_) in values.items() if name.endswith("::test_yardstick")]
    if not all(median > 0 for median, *_ in values.values()):
        raise InputError(f"{path}: a median is not above 0")
    if len(units) != 1:
        raise InputError(
            f"{path}: it needs one benchmark named test_yardstick, to measure the others by; has {len(units)}"
        )
    return {
        name: (a / units[0], b / units[0], c / units[0])
        for name, (a, b, c) in values.items()
        if not name.endswith("::test_yardstick")
    }
