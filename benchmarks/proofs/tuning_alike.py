"""Proof: tuning finds no difference where there is none; and what it does to two quick tasks.

An A/A of tuning. Twins (twin.py) are equal in law to mixup and to each other, and have its search space. Each of them
is tuned by a search of its own for every seed, so a table of n seeds rests on n independent searches a method. Whatever
is called better or worse among tuned twins is false.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite import api
from mixsuite.results.reading import summarise
from mixsuite.results.record_files import read_records
from mixsuite.stats.verdicts import Paired, judge
from mixsuite.tuning.report import TuneReport, report_text

SEEDS, TWINS, TRIALS = 96, 3, 8
PAIR, FAMILY = 6, 8  # seeds of a table of two, and of one of all
ALIKE = """
reference = "mixup"
seeds = "0-{last}"
datasets = ["titanic(rows=200, test=0.6)@table", "digits(rows=200, test=0.6, valid=0.3)@picture"]
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
"""
SHOWN = """
seeds = "0-11"
datasets = ["titanic(rows=200, test=0.6)", "digits(rows=500, test=0.6)"]
methods = ["erm", "mixup"]
"""
Values = dict[tuple[str, str], np.ndarray]  # (task, tuning) -> primary metrics [methods, seeds]


def tune(folder: Path, matrix: str, trials: int, workers: int | None) -> TuneReport:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix_asked.toml").write_text(matrix)
    return api.tune(str(folder / "matrix_asked.toml"), trials=trials, out=folder / "out", workers=workers)


def alike(folder: Path, seeds: int, trials: int, workers: int | None) -> Values:
    """Tune mixup and its twins by independent searches."""
    twin = Path(__file__).with_name("twin.py")
    twins = ", ".join(f'"{twin}(copy={number})"' for number in range(1, TWINS + 1))
    report = tune(folder, ALIKE.format(last=seeds - 1, twins=twins), trials, workers)
    runs = {record_id: summarise(record) for record_id, record in read_records(report.out).items()}
    found: dict[tuple[str, str], dict[str, dict[int, float]]] = {}
    for search in report.searches:
        run = search.run
        for tuning, chosen in (("default", run), ("tuned", search.best.run)):
            cells = found.setdefault((run.task.name, tuning), {}).setdefault(run.method.name, {})
            cells[run.seed] = runs[chosen.id].metrics[run.task.primary.name]
    return {
        key: np.array([[cell[seed] for seed in range(seeds)] for cell in cells.values()])
        for key, cells in found.items()
    }


def is_false(values: np.ndarray) -> bool:
    """Whether a table has a better or a worse, whatever its size: the first row [n] is the reference's."""
    family = {k: Paired(values[k] - values[0], complete=True, margin=0.0) for k in range(1, len(values))}
    return any(verdict.word in ("better", "worse") for verdict in judge(family).values())


def pairs(values: np.ndarray) -> np.ndarray:
    """Every pair of methods on every block of seeds: whether the table is false [blocks, pairs]."""
    both = combinations(range(len(values)), 2)
    return np.array([[is_false(block[list(pair)]) for block in blocks(values, PAIR)] for pair in both]).T


def families(values: np.ndarray) -> np.ndarray:
    """All methods on every block of seeds, each as the reference: whether the table is false [blocks, references]."""
    orders = [np.roll(np.arange(len(values)), shift) for shift in range(len(values))]
    return np.array([[is_false(block[order]) for block in blocks(values, FAMILY)] for order in orders]).T


def blocks(values: np.ndarray, n: int) -> list[np.ndarray]:
    """Disjoint blocks of n seeds [methods, n] of values [methods, seeds]."""
    return np.split(values[:, : values.shape[1] // n * n], values.shape[1] // n, axis=1)


def rate(tables: list[np.ndarray]) -> tuple[float, float, int]:
    """(share of false tables, its standard error over blocks of seeds, which alone are independent; tables)."""
    shares = np.concatenate([table.mean(1) for table in tables])
    error = float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("nan")
    return float(shares.mean()), error, sum(table.size for table in tables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--keep", type=Path, help="a folder for the runs, so that a further call goes on from there")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        values = alike(folder / "alike", asked.seeds, asked.trials, asked.workers)
        shown = tune(folder / "shown", SHOWN, 10, asked.workers)
    lines = [
        "# Tuning: no difference where there is none, and two quick tasks",
        "",
        "Made by `benchmarks/proofs/tuning_alike.py` (`make proofs`).",
        "",
        "## An A/A of tuning",
        "",
        f"mixup and {TWINS} twins, equal to it in law and with its search space, each tuned for {asked.seeds} seeds on "
        f"{len({task for task, _ in values})} tasks by a search of {asked.trials} trials a seed: "
        f"{sum(v.size for (_, tuning), v in values.items() if tuning == 'tuned')} independent searches. Tables of two "
        f"methods have {PAIR} seeds, of which the smallest p is 2/64, so at most 3.1 % of them may be false. Tables of "
        f"all {TWINS + 1}, each as the reference in turn, have {FAMILY} seeds; at most 5 % may be false. Blocks "
        "of seeds are disjoint; tables of one block are not independent, so standard errors are over blocks.",
        "",
        "| task | tuning | tables of two | with a false better or worse | tables of all | with a false one "
        "| sd of differences |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for tuning in ("default", "tuned"):
        of_all = {task: pool for (task, kind), pool in values.items() if kind == tuning}
        for task, pools in [*((task, [pool]) for task, pool in of_all.items()), ("all", list(of_all.values()))]:
            told = [rate([made(pool) for pool in pools]) for made in (pairs, families)]
            rates = " | ".join(f"{count} | {share:.3f} ± {error:.3f}" for share, error, count in told)
            sd = f"{np.std(pools[0][1] - pools[0][0], ddof=1):.3f}" if len(pools) == 1 else ""
            lines.append(f"| {task} | {tuning} | {rates} | {sd} |")
    table = shown.table
    columns = [
        "dataset", "method", "tuning", "n", "mean", "std", "diff", "diff_low", "diff_high", "p_holm", "verdict",
        "trials", "rows_spent", "kept_default", "scored_on", "paired",
    ]  # fmt: skip
    lines += [
        "",
        "## ERM and mixup on two quick tasks, at equal compute, default and tuned",
        "",
        *markdown(table, columns),
    ]
    lines += ["", "As `mixsuite tune` prints it:", "", "```text", report_text(shown), "```", ""]
    text = "\n".join(lines)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)


def markdown(table: pd.DataFrame, columns: list[str]) -> list[str]:
    def cell(value: object) -> str:
        if value is None or value != value:
            return ""
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    rows = [[cell(row[name]) for name in columns] for row in table.to_dict("records")]
    return ["| " + " | ".join(row) + " |" for row in [columns, ["---"] * len(columns), *rows]]


if __name__ == "__main__":
    main()
