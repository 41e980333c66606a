"""Time and memory as ratios to a yardstick: a fixed workload timed beside the runs, on the same machine."""

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
SLOWER = 1.5  # the largest growth of a cost's ratio to the yardstick that passes, median over runs

# Plain PyTorch and none of mixsuite's code, so no change of mixsuite can change it. It uses one thread.
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
    """The cost of the fixed workload.

    seconds:     median of 5 repetitions.
    peak_memory: in bytes.
    begin, end:  the period that it stands for, UTC in ISO format as in records.
    """

    seconds: float
    peak_memory: float
    begin: str
    end: str

    def ratios(self, costs: dict[str, float], time: str) -> dict[str, float]:
        """Divide a run's costs by the yardstick's ("seconds_ratio"); nothing if the run ended outside its period.

        Args:
            costs: name -> value, in seconds or bytes.
            time: when the run ended, UTC in ISO format.
        """
        own = asdict(self)
        return {f"{n}_ratio": v / own[n] for n, v in costs.items()} if self.begin <= time <= self.end else {}


def time_yardstick() -> Yardstick:
    """Run the workload now in a new process; ``begin`` and ``end`` are when it ran.

    Raises:
        InputError: the workload cannot be run here.
    """
    begin = _now()
    done = subprocess.run([sys.executable, "-c", _WORKLOAD], capture_output=True, text=True, check=False)
    try:
        return Yardstick(**json.loads(done.stdout), begin=begin, end=_now())
    except (ValueError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(f"the yardstick cannot be timed here: {reason}") from None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def save_yardstick(out: Path, before: Yardstick, after: Yardstick) -> None:
    """Write the mean of two timings beside the records of the training between them.

    Raises:
        InputError: the file cannot be written.
    """
    seconds, memory = ((getattr(before, n) + getattr(after, n)) / 2 for n in ("seconds", "peak_memory"))
    write_text(out / FILE, json.dumps(asdict(Yardstick(seconds, memory, before.begin, after.end))) + "\n")


def load_yardstick(out: Path) -> Yardstick | None:
    """Read the yardstick of a results folder; None if none was timed.

    Raises:
        InputError: mixsuite did not write the file.
    """
    path = out / FILE
    if not path.exists():
        return None
    try:
        yardstick = Yardstick(**json.loads(path.read_text(encoding="utf-8")))
        good = yardstick.seconds > 0 and yardstick.peak_memory > 0 and yardstick.begin <= yardstick.end
    except (ValueError, TypeError, OSError):
        good = False
    if not good:
        raise InputError(f"{path}: not a yardstick that mixsuite timed; remove it")
    return yardstick


def grown(then: list[float], now: list[float]) -> float:
    """The growth of a cost: the median over runs of now / then; 1 if there is nothing to compare."""
    return statistics.median([b / a for a, b in zip(then, now, strict=True) if a > 0] or [1.0])


@dataclass(frozen=True)
class Timing:
    """The time of one benchmark then and now, in yardsticks."""

    name: str
    then: float
    now: float
    slower: bool

    @property
    def ratio(self) -> float:
        """Now / then."""
        return self.now / self.then


def compare_benchmarks(then: Path, now: Path) -> tuple[list[Timing], list[str]]:
    """Compare two JSON files of pytest-benchmark, with times as multiples of each file's own yardstick.

    A benchmark is slower if its median grew by more than the factor SLOWER and its quartile ranges lie apart.

    Returns:
        (the benchmarks in both files, the names that only one file has).

    Raises:
        InputError: not a file of pytest-benchmark, no benchmark named test_yardstick, or no benchmark in both files.
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
    """Write one line per benchmark: its time then and now, in yardsticks.

    Args:
        timings: the benchmarks in both files.
        alone: the names that only one file has.
    """
    slower = sum(timing.slower for timing in timings)
    lines = [f"{len(timings)} benchmarks, {slower} slower (times in yardsticks, medians; gated above {SLOWER} x)"]
    lines += [
        f"{t.name}: {t.then:.3g} -> {t.now:.3g}, {t.ratio:.2f} x{', slower' if t.slower else ''}" for t in timings
    ]
    return "\n".join([*lines, *(f"{name}: in one of the files alone" for name in alone)])


def _medians(path: Path) -> dict[str, tuple[float, float, float]]:
    """Benchmark -> (median, lower quartile, upper quartile), in yardsticks."""
    try:
        stats = {b["fullname"]: b["stats"] for b in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}
        values = {name: (float(s["median"]), float(s["q1"]), float(s["q3"])) for name, s in stats.items()}
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
