"""Proof: the interval for new rows and new seeds covers what it says, on the rows of an official split.

Tables of differences are drawn with seed effects, row effects and a rest; the interval of `mixsuite/stats/two_way.py`
should hold the true mean in 95 % of them. A crossed bootstrap (Owen, The pigeonhole bootstrap, 2007) is beside it.

    python benchmarks/proofs/new_rows.py [--tables 20000] [--bits 2000] [--out results/reference/new_rows.md]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from mixsuite.stats.paired import t_interval
from mixsuite.stats.two_way import MeanSquares, mean_squares, two_way_interval

SEEDS, ROWS, RATIOS, RESTS = (8, 10, 12), (100, 300, 1_000, 10_000), (0.1, 1.0, 10.0), (0.1, 0.5, 0.9)
CHECKED = [(8, 100, 1.0), (8, 300, 10.0), (12, 300, 0.1)]  # cells that are simulated row by row, and bootstrapped
ROW_SD = 0.5  # of a method's own row effect in the model of bits, in deviations of the rest


def stream(purpose: int) -> np.random.Generator:
    """Make the fixed random stream of one part of the proof."""
    return np.random.Generator(np.random.Philox(key=purpose))


def shares(ratio: float, rest: float) -> tuple[float, float, float]:
    """Split the variance of the mean, 1, into those of seeds, rows and the rest."""
    return (1 - rest) / (1 + ratio), (1 - rest) * ratio / (1 + ratio), rest


def drawn_squares(
    n: int, m: int, ratio: float, rest: float, tables: int, draws: np.random.Generator
) -> tuple[np.ndarray, MeanSquares]:
    """Draw the means and mean squares of normal tables: exact, since they are independent chi-squares."""
    seeds, rows, error = shares(ratio, rest)

    def square(expected: float, degrees: int) -> np.ndarray:
        return n * m * expected * draws.chisquare(degrees, tables) / degrees

    squares = MeanSquares(
        square(seeds + error, n - 1), square(rows + error, m - 1), square(error, (n - 1) * (m - 1)), n, m
    )
    return draws.standard_normal(tables), squares


def normal_tables(
    n: int, m: int, ratio: float, rest: float, tables: int, draws: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield tables of differences [n, m] with normal effects; the mean's variance is 1, its truth 0."""
    seeds, rows, error = shares(ratio, rest)
    for _ in range(tables):
        d = math.sqrt(n * m * error) * draws.standard_normal((n, m))
        d += math.sqrt(n * seeds) * draws.standard_normal((n, 1))
        d += math.sqrt(m * rows) * draws.standard_normal((1, m))
        yield d


def bit_tables(n: int, m: int, ratio: float, tables: int, draws: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield differences [n, m] of two correlated 0/1 losses; they are alike in law, so the true mean is 0.

    A loss is 1 where the row's difficulty, the method's own row effect, its own seed effect, noise that the two methods
    share and noise of its own add up to more than 1.5. The ratio of rows to seeds in the mean is set by the effects'
    variances, to first order; the page shows what came out.
    """
    seed_sd = ROW_SD * math.sqrt(1.6 * n / (m * ratio))  # 1.6: a row's effect counts in proportion to its density
    for _ in range(tables):
        difficulty = draws.standard_normal((1, m), np.float32)
        shared = difficulty + 0.7 * draws.standard_normal((n, m), np.float32)
        losses = [
            shared
            + ROW_SD * draws.standard_normal((1, m), np.float32)
            + seed_sd * draws.standard_normal((n, 1))
            + 0.7 * draws.standard_normal((n, m), np.float32)
            > 1.5
            for _ in range(2)
        ]
        yield losses[0].astype(float) - losses[1]


def crossed_bootstrap(d: np.ndarray, draws: np.random.Generator, resamples: int = 1_000) -> tuple[float, float]:
    """Compute the 95 % percentile interval of the mean, with seeds and rows resampled independently of each other."""
    n, m = d.shape
    seeds = draws.multinomial(n, np.full(n, 1 / n), resamples) / n
    rows = draws.multinomial(m, np.full(m, 1 / m), resamples) / m
    low, high = np.quantile(np.sum((seeds @ d) * rows, axis=1), [0.025, 0.975])
    return float(low), float(high)


def coverage(mean: np.ndarray, half: np.ndarray) -> float:
    """Compute the share of intervals that hold 0."""
    return float(np.mean(np.abs(mean) <= half))


def larger_floor(squares: MeanSquares) -> np.ndarray:
    """Half the width if the variance were never below that of the larger mean square (not used by the suite)."""
    variance, degrees = squares.of_the_mean()
    floor = np.maximum(squares.seeds, squares.rows) / (squares.n * squares.m)
    wider = np.maximum(variance, floor)
    return np.sqrt(wider) * stdtrit(degrees * (wider / variance) ** 2, 0.975)


def normal_grid(tables: int) -> list[tuple[float, float, str]]:
    """Measure every cell of the grid: (coverage, coverage with the larger floor, name)."""
    found = []
    for i, (n, m, ratio, rest) in enumerate(product(SEEDS, ROWS, RATIOS, RESTS)):
        mean, squares = drawn_squares(n, m, ratio, rest, tables, stream(i))
        found.append(
            (
                coverage(mean, squares.half_width()),
                coverage(mean, larger_floor(squares)),
                f"| {n} | {m:,} | {ratio:g} | {rest:g} |",
            )
        )
    return found


def bit_cell(n: int, m: int, ratio: float, tables: int, purpose: int) -> tuple[float, float, float, float, float]:
    """Measure bits: (coverage, coverage of the interval over seeds alone, spread, ratio, share of the rest).

    The spread is the standard deviation of the mean difference; ratio and share are of its variance.
    """
    held, seeds_alone, means, parts = 0, 0, [], []
    for d in bit_tables(n, m, ratio, tables, stream(purpose)):
        low, high = two_way_interval(d)
        held += low <= 0 <= high
        low, high = t_interval(d.mean(1))
        seeds_alone += low <= 0 <= high
        means.append(d.mean())
        squares = mean_squares(d)
        parts.append([squares.seeds - squares.error, squares.rows - squares.error, squares.error])
    seeds, rows, error = np.mean(parts, axis=0)
    return held / tables, seeds_alone / tables, float(np.std(means)), rows / seeds, error / (seeds + rows + error)


def checked(tables: int) -> list[str]:
    """Measure some cells row by row, with the bootstrap on a part of the tables."""
    lines = []
    for i, (n, m, ratio) in enumerate(CHECKED):
        mean, squares = drawn_squares(n, m, ratio, 0.5, 20_000, stream(300 + i))
        exact = coverage(mean, squares.half_width())
        draws, held, boot = stream(400 + i), [], []
        for place, d in enumerate(normal_tables(n, m, ratio, 0.5, tables, draws)):
            low, high = two_way_interval(d)
            held.append(low <= 0 <= high)
            if place % 4 == 0:
                low, high = crossed_bootstrap(d, draws)
                boot.append(low <= 0 <= high)
        lines.append(f"| {n} | {m:,} | {ratio:g} | {exact:.4f} | {np.mean(held):.4f} | {np.mean(boot):.4f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=20_000)
    parser.add_argument("--bits", type=int, default=2_000, help="tables of bits a cell")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = "\n".join([*_normal(asked.tables), *_checked(asked.bits), *_bits(asked.bits), ""])
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)


def _normal(tables: int) -> list[str]:
    found = normal_grid(tables)
    low, high = min(found), max(found)
    return [
        "# Does the interval for new rows cover?",
        "",
        "Made by `benchmarks/proofs/new_rows.py` (`make proofs`). The interval is that of `mixsuite/stats/two_way.py`,",
        "95 %; wanted is that 93 to 97 % of the tables have the true mean in it. The ratio is the part of the rows in",
        "the variance of the mean over the part of the seeds; the rest is the share of what is neither.",
        "",
        "## Normal effects",
        "",
        f"{tables:,} tables a cell: {len(found)} cells, all of 8, 10, 12 seeds x 100, 300, 1,000, 10,000 rows x ratios",
        f".1, 1, 10 x rests .1, .5, .9. Standard error of a rate: {math.sqrt(0.05 * 0.95 / tables):.4f}. Over all",
        f"cells the mean coverage is {np.mean([f[0] for f in found]):.4f}. The variance with the larger "
        "mean square as its",
        f"floor, which is not used, would cover up to {max(f[1] for f in found):.4f}.",
        "",
        "| | seeds | rows | ratio | rest | coverage |",
        "| :--- | ---: | ---: | ---: | ---: | ---: |",
        f"| least covered {low[2]} {low[0]:.4f} |",
        f"| most covered {high[2]} {high[0]:.4f} |",
        "",
    ]


def _checked(tables: int) -> list[str]:
    return [
        "## Row by row, and a crossed bootstrap",
        "",
        f"The grid draws mean squares, which is exact for normal effects. Here {tables:,} tables a cell are drawn row",
        f"by row (rest 0.5), and {tables // 4} of them are bootstrapped 1,000 times, seeds and rows apart. "
        "The variance",
        "of the bootstrap counts the rest three times; its quantiles are too narrow for few seeds: a check, no rule.",
        "",
        "| seeds | rows | ratio | by mean squares | row by row | crossed bootstrap |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *checked(tables),
        "",
    ]


def _bits(tables: int) -> list[str]:
    found = []
    for i, (n, m, ratio) in enumerate(product(SEEDS, ROWS, RATIOS)):
        held, alone, spread, measured, rest = bit_cell(n, m, ratio, tables, 500 + i)
        found.append(
            (
                held,
                f"| {n} | {m:,} | {ratio:g} | {measured:.2g} | {rest:.2f} | {spread:.4f} | {alone:.3f} | {held:.4f} |",
            )
        )
    return [
        "## Bits",
        "",
        f"Differences of two correlated 0/1 losses of rows that are not equally hard, {tables:,} tables a cell",
        f"(standard error {math.sqrt(0.05 * 0.95 / tables):.4f}). Ratio: aimed at, and found. The spread is the",
        "standard deviation of the mean difference in error. Beside it: what the interval over seeds alone "
        "covers of new rows.",
        f"Least covered: {min(found)[0]:.4f}, most: {max(found)[0]:.4f}.",
        "",
        "| seeds | rows | ratio | found | rest | spread | seeds alone | two-way |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *[line for _, line in found],
    ]


if __name__ == "__main__":
    main()
