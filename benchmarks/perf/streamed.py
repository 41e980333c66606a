"""Pictures that are read as they are needed: memory, rows a second, and a run that is stopped five times.

    python benchmarks/perf/streamed.py FOLDER [--out results/perf/streamed.json]

FOLDER gets 50,000 JPEGs of 64 x 64 pixels in class folders, made once from the JPEG copy of CIFAR-10 in the data root.
Reading is timed in turn with torch's DataLoader over torchvision's ImageFolder with as many processes, and the same
resizing; the medians of five turns are compared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixsuite.results.data_root import data_root

BATCH, TURNS, SIDE, STOPS = 128, 5, 64, 5
MATRIX = """\
methods = ["mixup"]
reference = "mixup"
datasets = ["folder(path='{folder}', size=64, memory=0.0, valid=0.0, test=0.04)@streamed"]
seeds = "0"
[recipes.streamed]
model = "conv(width=8, blocks=3)"
optimizer = "sgd"
lr = 0.02
schedule = "linear"
steps = {steps}
batch = 64
augment = "flip"
"""


def make(folder: Path, root: Path) -> None:
    """Write the pictures, unless they are there."""
    from PIL import Image

    for source in sorted((root / "CIFAR-10-images" / "train").glob("*/*.jpg")):
        target = folder / source.parent.name / source.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(source) as picture:
                picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(target, quality=90)


def ours(folder: Path, root: Path, readers: int) -> Any:
    """All rows in batches, in a drawn order, as the suite reads them."""
    from mixsuite.data.streamed import Streamed
    from mixsuite.domains.images.datasets.folder import Folder
    from mixsuite.domains.images.pictures import Standardised

    x = Folder(str(folder), size=SIDE, memory=0.0).load(root).x
    ones = torch.ones(3, 1, 1)
    rows = Streamed(x, np.arange(len(x)), Standardised(128 * ones, 64 * ones), readers=readers)
    return lambda order: rows.batches(order)


def torchs(folder: Path, readers: int) -> Any:
    """The same by torch's loader over torchvision's folder."""
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    resized = [v2.ToImage(), v2.Resize((SIDE, SIDE))]
    standardised = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)]
    rows = ImageFolder(folder, v2.Compose([*resized, *standardised]))
    return lambda order: DataLoader(rows, batch_sampler=[batch.tolist() for batch in order], num_workers=readers)


def rate(read: Any, order: np.ndarray) -> float:
    """Rows a second."""
    begin = time.perf_counter()
    for _ in read(order):
        pass
    return order.size / (time.perf_counter() - begin)


def memory_of(folder: Path, root: Path, batches: int) -> float:
    """The most memory in MB of a process that reads so many batches, its readers not included."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"import streamed, torch, numpy as np\n"
        f"torch.set_num_threads(1)\n"
        f"from pathlib import Path\n"
        f"read = streamed.ours(Path({str(folder)!r}), Path({str(root)!r}), 2)\n"
        f"order = np.random.default_rng(0).integers(0, 50000, ({batches}, {BATCH}))\n"
        f"for _ in read(order): pass\n"
        # The most that getrusage knows would be the parent's, which this process is forked from.
        f"(line,) = [line for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        f"print(int(line.split()[1]) / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def stopped(folder: Path, steps: int) -> dict[str, Any]:
    """A run that is stopped STOPS times against one that never was: what differs between their records."""
    work = folder.parent / "streamed-runs"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "streamed.toml").write_text(MATRIX.format(folder=folder.absolute(), steps=steps))
    command = [sys.executable, "-P", "-m", "mixsuite", "run", "streamed.toml", "--workers", "1"]
    records, ended = {}, []
    for name, limits in (("whole", [None]), ("stopped", [*[25] * STOPS, None])):
        for limit in limits:
            more = [] if limit is None else ["--stop-after", str(limit)]
            code = subprocess.run([*command, "--out", name, *more], cwd=work, capture_output=True).returncode
            ended.append(code)
        (file,) = (work / name / "records").rglob("*.jsonl")
        records[name] = json.loads(file.read_text().splitlines()[-1])
    left = {key for key in records["whole"] if records["whole"][key] != records["stopped"][key]}
    return {"exit statuses": ended, "fields that differ": sorted(left), "steps": steps}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    root = data_root(asked.data)
    make(asked.folder, root)
    found: dict[str, Any] = {"pictures": sum(1 for _ in asked.folder.glob("*/*.jpg")), "pixels": SIDE}
    begin = time.perf_counter()
    ours(asked.folder, root, 0)
    found["seconds of the first pass"] = round(time.perf_counter() - begin, 1)
    begin = time.perf_counter()
    ours(asked.folder, root, 0)
    found["seconds to open it again"] = round(time.perf_counter() - begin, 1)
    order = np.random.default_rng(0).permutation(50_000)[: 100 * BATCH].reshape(-1, BATCH)
    for readers in (0, 2):
        ways = {"mixsuite": ours(asked.folder, root, readers), "DataLoader": torchs(asked.folder, readers)}
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(TURNS):
            for way, read in ways.items():
                rates[way].append(rate(read, order))
        found[f"rows a second, {readers} readers"] = {way: round(statistics.median(v)) for way, v in rates.items()}
    memory = {count: round(memory_of(asked.folder, root, count)) for count in (50, 400, 1600)}
    found["most memory in MB after so many batches"] = memory
    found["stopped"] = stopped(asked.folder, asked.steps)
    print(json.dumps(found, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
