"""Proof: the gate of `mixsuite regress` does not cry wolf when nothing changes but the random draws.

Twins of mixup (twin.py), equal to it in law, are trained on tasks of four kinds. For each of its cells a re-run draws a
task, 12 of its seeds and two twins: one twin is the baseline, the other the re-run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from mixsuite import api
from mixsuite.regression.gate import ALPHA, Gated, decide, gate_margin, needed_seeds
from mixsuite.results.reading import load_results

SEEDS, TWINS, CELLS, N = 48, 4, 36, 12
MATRIX = """
reference = "{twin}(copy=1)"
seeds = "0-{last}"
datasets = ["iris(rows=30, label_noise=0.3)@table", "wine(rows=40)@table", "titanic(rows=100)@table",
            "diabetes(rows=100)@table", "digits(rows=150)@picture", "b3db(rows=60)@graph"]
methods = [{twins}]
[recipes.table]
model = "mlp(width=32, depth=1)"
optimizer = "adam"
lr = 0.005
steps = 60
batch = 16
[recipes.picture]
model = "conv(width=4)"
optimizer = "sgd"
lr = 0.2
schedule = "linear"
steps = 60
batch = 16
[recipes.graph]
model = "gin(width=8, layers=1)"
optimizer = "adam"
lr = 0.01
steps = 60
batch = 16
"""


def train(folder: Path, workers: int | None) -> dict[str, np.ndarray]:
    """Train the twins: task -> their primary metrics as multiples of its margin, [TWINS, SEEDS]."""
    twin = Path(__file__).with_name("twin.py")
    twins = ", ".join(f'"{twin}(copy={i})"' for i in range(1, TWINS + 1))
    (folder / "alarms.toml").write_text(MATRIX.format(twin=twin, last=SEEDS - 1, twins=twins))
    api.run(str(folder / "alarms.toml"), out=folder / "out", workers=workers)
    results = load_results(folder / "out")
    values = {}
    for name, task in results.manifest.tasks.items():
        cells = [results.cell(task, method).values for method in results.manifest.methods]
        pool = np.array([[cell[seed] for seed in range(SEEDS)] for cell in cells])
        values[name] = pool / gate_margin(task.primary, pool.mean())
    return values


def rerun(pools: list[np.ndarray], draws: np.random.Generator) -> dict[int, np.ndarray]:
    """Draw one re-run: cell -> differences in multiples of the margin, [N]."""
    cells = {}
    for cell in range(CELLS):
        pool = pools[cell % len(pools)]
        seeds = draws.choice(SEEDS, N, replace=False)
        then, now = draws.choice(TWINS, 2, replace=False)
        cells[cell] = pool[now, seeds] - pool[then, seeds]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reruns", type=int, default=4_000)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        values = train(Path(name), asked.workers)
    draws = np.random.default_rng(2026)
    failed, praised, words = 0, 0, Counter[str]()
    for _ in range(asked.reruns):
        verdicts = [
            d.word
            for d in decide({k: Gated(v, 1.0) for k, v in rerun(list(values.values()), draws).items()}, CELLS).values()
        ]
        failed, praised = failed + ("worse" in verdicts), praised + ("better" in verdicts)
        words.update(verdicts)
    bound = binomtest(failed, asked.reruns).proportion_ci(0.95).high
    sample_std = ", ".join(f"{task} {np.std(v[0] - v[1], ddof=1):.2g}" for task, v in values.items())
    lines = [
        "# Does the gate cry wolf?",
        "",
        "Made by `benchmarks/proofs/alarms.py` (`make proofs`).",
        "",
        f"{len(values) * TWINS * SEEDS:,} real runs: {TWINS} twins of mixup, equal in law, on {len(values)} tasks "
        f"(classes and numbers; tables, pictures, graphs), {SEEDS} seeds. A re-run has {CELLS} cells of {N} seeds "
        f"({needed_seeds(CELLS)} are needed), each with a task, seeds and two twins drawn at random: nothing differs "
        "but the draws of partners and lambdas.",
        f"Standard deviation of the paired differences, in margins: {sample_std}.",
        "",
        "| re-runs | with a `worse` | share | upper 95 % bound | wanted | with a `better` |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {asked.reruns:,} | {failed} | {failed / asked.reruns:.4f} | {bound:.4f} | {2 * ALPHA} | {praised} |",
        "",
        "Cells: " + ", ".join(f"{count:,} {word}" for word, count in words.most_common()) + ".",
        "",
    ]
    text = "\n".join(lines)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
