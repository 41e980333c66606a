"""Proof: what is said across tasks holds. It measures coverage of the intervals and false groups on simulated tasks.

Errors are drawn about a task's own level, paired by seed. The log ratio of a method on a task is drawn about a mean;
the spread says how much it differs from task to task.

    python benchmarks/proofs/across.py [--tables 2000] [--out results/reference/across.md]
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from textwrap import wrap

import numpy as np
from scipy import stats

from mixsuite.stats.across import TaskValues, groups, improvement, interquartile_mean, log_ratios

LEVEL_OF_ERROR, MEAN, COMMON, SEEDS = 0.15, -0.05, 0.1, 10
CLUSTERS = (1, 2, 5, 8, 15)
CASES = [(0.1, 0.02), (0.05, 0.1), (0.02, 0.2)]  # (deviation of a run about its mean, spread between tasks)


def stream(purpose: int) -> np.random.Generator:
    """Make the fixed random stream of one part of the proof."""
    return np.random.Generator(np.random.Philox(key=purpose))


def drawn_tasks(ratios: np.ndarray, noise: float, draws: np.random.Generator) -> list[TaskValues]:
    """Draw runs of tasks whose methods have these true log ratios [tasks, methods] to a common level.

    A seed moves all methods alike by 10 %, and each by the noise, both as shares of the error.
    """
    tasks = []
    for k, ratio in enumerate(ratios):
        common = 1 + COMMON * draws.standard_normal((SEEDS, 1))
        own = 1 + noise * draws.standard_normal((SEEDS, len(ratio)))
        tasks.append(TaskValues(np.abs(LEVEL_OF_ERROR * np.exp(ratio) * common * own), 0.0, str(k)))
    return tasks


def chance_of_improvement(ratio: np.ndarray, noise: float) -> np.ndarray:
    """Compute the chance that a run with a log ratio beats the reference's run of its seed."""
    return stats.norm.cdf(-np.expm1(ratio) / (noise * np.sqrt(1 + np.exp(2 * ratio))))


@dataclass(frozen=True)
class Coverage:
    """How often an interval held the truth, for these tasks and for tasks like these; nan where there is none."""

    these: float
    like: float


def coverages(clusters: int, noise: float, spread: float, tables: int, purpose: int) -> tuple[Coverage, Coverage]:
    """Measure the coverage of the log ratio and of the probability of improvement."""
    draws = stream(purpose)
    grid = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000) * spread + MEAN
    likely = (MEAN, float(chance_of_improvement(grid, noise).mean()))
    held = np.zeros((2, 2))
    for _ in range(tables):
        ratio = MEAN + spread * draws.standard_normal(clusters)
        tasks = drawn_tasks(np.stack([0 * ratio, ratio], axis=1), noise, draws)
        truths = (float(interquartile_mean(ratio)), float(chance_of_improvement(ratio, noise).mean()))
        for i, found in enumerate([log_ratios(tasks, 0), improvement(tasks, 0)]):
            held[i] += [
                found.low[1] <= truths[i] <= found.high[1],
                found.low_like[1] <= likely[i] <= found.high_like[1],
            ]
    rates = held / tables
    if clusters < 5:
        rates[:, 1] = math.nan
    return Coverage(*rates[0]), Coverage(*rates[1])


def false_groups(clusters: int, ratios: list[float], spread: float, tables: int, purpose: int) -> tuple[float, float]:
    """Measure groups: the share of tables in which methods with one true mean are set apart, and of other pairs found.

    Args:
        clusters: number of clusters.
        ratios: each method's mean log ratio.
        spread: between tasks, of each method.
        tables: how many.
        purpose: of the random stream.
    """
    draws, m = stream(purpose), len(ratios)
    alike = [(a, b) for a, b in combinations(range(m), 2) if ratios[a] == ratios[b]]
    other = [(a, b) for a, b in combinations(range(m), 2) if ratios[a] != ratios[b]]
    wrong, found = 0, 0
    for _ in range(tables):
        letters = groups(drawn_tasks(np.array(ratios) + spread * draws.standard_normal((clusters, m)), 0.05, draws))
        apart = [not set(letters[a]) & set(letters[b]) and letters[a] != "" for a, b in alike + other]
        wrong += any(apart[: len(alike)])
        found += sum(apart[len(alike) :])
    return wrong / tables, found / tables / len(other) if other else math.nan


def _coverage(tables: int) -> list[str]:
    lines, these, like = [], [], []
    for i, (clusters, (noise, spread)) in enumerate(product(CLUSTERS, CASES)):
        ratio, chance = coverages(clusters, noise, spread, tables, i)
        numbers = [ratio.these, ratio.like, chance.these, chance.like]
        these += [ratio.these, chance.these]
        like += [] if math.isnan(ratio.like) else [ratio.like, chance.like]
        shown = " | ".join("" if math.isnan(number) else f"{number:.3f}" for number in numbers)
        lines.append(f"| {clusters} | {noise} | {spread} | {shown} |")
    return [
        "## Intervals",
        "",
        *wrap(
            f"{tables:,} tables a row (standard error {math.sqrt(0.05 * 0.95 / tables):.4f}), {SEEDS} seeds, mean log "
            f"ratio {MEAN}. Noise: the deviation of a run, as a share of the error. Wanted is .95. For tasks like "
            "these the noise counts twice, in the tasks and in their resampled seeds: where tasks hardly differ, the "
            f"interval is wider than need be. These tasks: {min(these):.3f} to {max(these):.3f}; tasks like these: "
            f"{min(like):.3f} to {max(like):.3f}.",
            118,
        ),
        "",
        "| clusters | noise | spread | log ratio: these tasks | like these | improvement: these tasks | like these |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def _groups(tables: int) -> list[str]:
    lines = []
    for i, (clusters, ratios) in enumerate(
        [
            (6, [0.0, 0.0]),
            (10, [0.0] * 4),
            (15, [0.0] * 4),
            (15, [0.0] * 7),
            (12, [0.0, 0.0, 0.0, -0.2]),
            (15, [0.0, 0.0, -0.15, -0.15, 0.3]),
        ]
    ):
        wrong, found = false_groups(clusters, ratios, 0.1, tables, 100 + i)
        shown = "" if math.isnan(found) else f"{found:.3f}"
        lines.append(f"| {clusters} | {', '.join(f'{r:g}' for r in ratios)} | {wrong:.4f} | {shown} |")
    return [
        "## Critical-difference groups",
        "",
        f"{tables:,} tables a row, spread 0.1. Wanted: in at most 5 % of the tables any two methods with one true mean",
        "share no letter.",
        "",
        "| clusters | true log ratios | any false split | other pairs told apart |",
        "| ---: | :--- | ---: | ---: |",
        *lines,
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    head = ["# Does what is said across tasks hold?", "", "Made by `benchmarks/proofs/across.py` (`make proofs`).", ""]
    text = "\n".join([*head, *_coverage(asked.tables), *_groups(2 * asked.tables)])
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
