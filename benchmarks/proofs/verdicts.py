"""Proof: the verdicts are honest. It measures false verdicts, coverage, power and ties, simulated and on real runs.

Simulated tables go through the same functions as a leaderboard's. In each, m methods and a reference draw their errors
from one law, paired by seed, so every better or worse is false. The real tables are an A/A test: the runner trains
mixup and seven twins, equal to it in law, on one task with the same seeds.

    python benchmarks/proofs/verdicts.py [--tables 4000] [--blocks 130] [--out results/reference/statistics.md]
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import integrate, stats

from mixsuite.report.caveats import SKEWED
from mixsuite.report.convergence import convergence
from mixsuite.results.reading import Results, load_results
from mixsuite.stats.paired import effect_factor, skewness, t_interval
from mixsuite.stats.verdicts import BETTER, TIE, WORSE, Paired, judge, pair

MARGIN = 0.01  # of ties
SD = 0.03  # standard deviation of a paired difference in the simulated tables, in error
Draws = np.random.Generator
Law = Callable[[Draws, tuple[int, ...]], np.ndarray]

# Laws of one run's error about its mean, standard deviation 1. All methods of a table draw from the same law.
LAWS: dict[str, Law] = {
    "normal": lambda draws, shape: draws.standard_normal(shape),
    "heavy-tailed (t, 3 degrees)": lambda draws, shape: draws.standard_t(3, shape) / math.sqrt(3),
    "skewed (exponential)": lambda draws, shape: draws.standard_exponential(shape) - 1,
    "normal, rounded to 1/54": lambda draws, shape: _rounded(draws.standard_normal(shape)),
}


def _rounded(x: np.ndarray) -> np.ndarray:
    step = math.sqrt(2) / 54 / SD
    return np.round(x / step) * step


def stream(purpose: int) -> Draws:
    """Make the fixed random stream of one part of the proof."""
    return np.random.Generator(np.random.Philox(key=purpose))


def null_tables(law: Law, tables: int, n: int, m: int, purpose: int) -> np.ndarray:
    """Draw differences from the reference when all methods are alike, [tables, m, n]."""
    runs = law(stream(purpose), (tables, m + 1, n))
    return (runs[:, 1:] - runs[:, :1]) * SD / math.sqrt(2)


def words(d: np.ndarray, margin: float) -> list[str]:
    """Decide one table of differences [m, n]: a verdict for each method."""
    return [v.word for v in judge({i: Paired(row, True, margin) for i, row in enumerate(d)}).values()]


@dataclass(frozen=True)
class Null:
    """Rates over tables in which nothing differs.

    any:      share of tables with any better or worse.
    cells:    share of cells with a better or worse.
    coverage: share of 95 % intervals that contain 0.
    """

    tables: int
    any: float
    cells: float
    coverage: float


def null_rates(d: np.ndarray) -> Null:
    """Compute the rates from differences [tables, m, n] whose true mean is 0."""
    false = [[w in (BETTER, WORSE) for w in words(table, MARGIN)] for table in d]
    covered = [low <= 0 <= high for table in d for low, high in map(t_interval, table)]
    return Null(len(d), *(float(np.mean(v)) for v in ([any(row) for row in false], false, covered)))


def found_rate(n: int, m: int, effect: float, tables: int, purpose: int) -> float:
    """Simulate the share of tables that find the one method which is better by ``effect`` standard deviations."""
    d = null_tables(LAWS["normal"], tables, n, m, purpose)
    d[:, 0] -= effect * SD
    return float(np.mean([words(table, MARGIN)[0] == BETTER for table in d]))


def tie_rate(n: int, margin: float, true: float, tables: int, purpose: int) -> float:
    """Simulate the share of ties for normal differences; ``margin`` and ``true`` mean in standard deviations."""
    d = stream(purpose).standard_normal((tables, 1, n)) + true
    return float(np.mean([words(table, margin)[0] == TIE for table in d]))


def tie_theory(n: int, margin: float, true: float) -> float:
    """Compute the chance that the 90 % t-interval of n normal differences lies inside +-margin."""
    t = stats.t.ppf(0.95, n - 1)

    def given(s: float) -> float:  # s: the sample's standard deviation
        half = t * s / math.sqrt(n)
        if half >= margin:
            return 0.0
        inside = stats.norm.cdf((margin - half - true) * math.sqrt(n)) - stats.norm.cdf(
            (half - margin - true) * math.sqrt(n)
        )
        return float(inside * stats.chi.pdf(s * math.sqrt(n - 1), n - 1) * math.sqrt(n - 1))

    return float(integrate.quad(given, 0, margin * math.sqrt(n) / t, limit=200)[0])


AA_MATRIX = """
reference = "{reference}"
seeds = "0-{last}"
datasets = ["{task}"]
methods = [{methods}]
lengths = {lengths}
[recipes.short]
model = "mlp(width=32, depth=1)"
optimizer = "adam"
lr = 0.01
schedule = "linear"
steps = 50
batch = 16
"""
SHORT = "iris(rows=30, test=0.6, label_noise=0.4)@short"
CONVERGED = "titanic(rows=200, test=0.6)"  # by its shipped recipe
LOOKED_AT = 60  # seeds at which its convergence is looked at


def train_all(folder: Path, task: str, methods: list[str], seeds: int, lengths: tuple[int, ...] = (1,)) -> Results:
    """Train methods on one task through the runner; the first is the reference."""
    import mixsuite

    named = ", ".join(f'"{method}"' for method in methods)
    folder.mkdir(parents=True)
    (folder / "aa.toml").write_text(
        AA_MATRIX.format(reference=methods[0], last=seeds - 1, task=task, methods=named, lengths=list(lengths))
    )
    mixsuite.run(str(folder / "aa.toml"), out=folder / "out")
    return load_results(folder / "out")


def train_twins(folder: Path, task: str, seeds: int, twins: int) -> Results:
    """Train mixup and its twins on one task, through the runner."""
    twin = Path(__file__).with_name("twin.py")
    return train_all(folder, task, ["mixup", *(f"{twin}(copy={i})" for i in range(1, twins + 1))], seeds)


def aa_tables(results: Results, n: int) -> Iterator[np.ndarray]:
    """Yield the differences [m, n] of every block of n seeds, with each arm as the reference in turn."""
    (task,) = results.manifest.tasks.values()
    arms = [results.cell(task, method).values for method in results.manifest.methods]
    for start in range(0, len(arms[0]) - n + 1, n):
        block = [{s: values[s] for s in range(start, start + n)} for values in arms]
        for reference in block:
            yield np.array([pair(arm, reference) for arm in block if arm is not reference])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=4_000)
    parser.add_argument("--blocks", type=int, default=130, help="blocks of 10 seeds in the A/A test")
    parser.add_argument("--converged", type=int, default=40, help="the same, on a recipe that has converged")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    parts = [
        *_head(),
        *_nulls(arguments.tables),
        *_limit(arguments.tables),
        *_aa(arguments.blocks, arguments.converged),
    ]
    text = "\n".join([*parts, *_powers(arguments.tables), *_ties(arguments.tables), ""])
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _head() -> list[str]:
    return [
        "# Are the verdicts honest?",
        "",
        "Every table below goes through the functions that make a leaderboard (`mixsuite/stats/verdicts.py`). Remade",
        "by `make proofs`. A rate from T tables has a standard error of sqrt(rate (1 - rate) / T).",
        "",
    ]


_NULL_HEADER = [
    "| law of a run's error | n | m | tables | any false better or worse | expected false verdicts in 10 tables | "
    "95 % interval covers |",
    "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
]


def _null_row(name: str, n: int, m: int, found: Null) -> str:
    return (
        f"| {name} | {n} | {m} | {found.tables} | {found.any:.4f} | {10 * m * found.cells:.2f} | {found.coverage:.4f} |"
    )


def _nulls(tables: int) -> list[str]:
    rows = [
        _null_row(name, n, m, null_rates(null_tables(law, tables, n, m, 10 * i + j)))
        for i, (name, law) in enumerate(LAWS.items())
        for j, (n, m) in enumerate([(10, 1), (10, 7), (10, 14), (20, 7)])
    ]
    return [
        "## Tables in which nothing differs",
        "",
        "m methods and a reference, all from one law, paired by seed; wanted is at most 0.05 of tables with a false",
        "verdict. A difference is better or worse whatever its size, so the margin has no part in it.",
        "",
        *_NULL_HEADER,
        *rows,
        "",
    ]


def _limit(tables: int) -> list[str]:
    rows, false = [], []
    for i, (n, m) in enumerate([(10, 1), (10, 7), (20, 7)]):
        d = (stream(100 + i).standard_exponential((tables, m, n)) - 1) * SD
        false += [
            row for table in d for row, w in zip(table, words(table, MARGIN), strict=True) if w in (BETTER, WORSE)
        ]
        rows.append(_null_row("one-sided: exponential - 1", n, m, null_rates(d)))
    normal = null_tables(LAWS["normal"], tables, 10, 1, 110)[:, 0]
    told = [float(np.mean([abs(skewness(row)) > SKEWED for row in cells])) for cells in (false, normal)]
    return [
        "## The stated limit",
        "",
        "The sign-flip test assumes that a difference is symmetric about 0 when nothing differs, which runs that are",
        "exchangeable within a seed give (above: even the difference of two skewed draws is symmetric). Where the",
        "differences themselves have mean 0 and a one-sided skew, it is not honest at these n, nor is the interval. A",
        f"note names verdicts whose differences have a skewness beyond {SKEWED:g}: of the false ones here it names "
        f"{told[0]:.0%},",
        f"of all cells without a difference under the normal law {told[1]:.0%}.",
        "",
        *_NULL_HEADER,
        *rows,
        "",
    ]


def _aa(blocks: int, converged: int) -> list[str]:
    """Twins on a short recipe, and on one by which the comparison with ERM has converged."""
    if not blocks:
        return []
    with tempfile.TemporaryDirectory() as name:
        looked = train_all(Path(name) / "looked", CONVERGED, ["erm", "mixup"], LOOKED_AT, (1, 2))
        state = convergence(looked, looked.manifest.tasks[CONVERGED], "mixup", "erm")
        found = [_twins(Path(name) / task, task, count) for task, count in ((SHORT, blocks), (CONVERGED, converged))]
    return [
        "## Real runs in which nothing differs",
        "",
        "mixup and seven twins (`benchmarks/proofs/twin.py`), equal in law, in blocks of 10 seeds, each arm the",
        f"reference in turn: on iris (30 training rows, 40 % label noise, 50 steps) {80 * blocks:,} trained runs, and",
        f"on `{CONVERGED}` by its shipped recipe {80 * converged:,}; there ERM against mixup has",
        f"converged ({LOOKED_AT} seeds at once and twice the length: `{state}`). The tables of a block share their",
        "runs: the standard error of the share of tables with a false verdict, over blocks, is",
        f"{found[0][1]:.4f} and {found[1][1]:.4f}.",
        f"{found[0][2]:.0%} and {found[1][2]:.0%} of the differences are 0.",
        "",
        *_NULL_HEADER,
        _null_row("mixup against its twins, iris", 10, 7, found[0][0]),
        _null_row("mixup against its twins, converged", 10, 7, found[1][0]),
        "",
    ]


def _twins(folder: Path, task: str, blocks: int) -> tuple[Null, float, float]:
    """(the rates, the standard error of the share of tables with any false verdict, the share of differences of 0)."""
    tables = list(aa_tables(train_twins(folder, task, 10 * blocks, twins=7), 10))
    of_blocks = [null_rates(np.array(tables[i : i + 8])).any for i in range(0, len(tables), 8)]
    error = float(np.std(of_blocks, ddof=1)) / math.sqrt(blocks)
    return null_rates(np.array(tables)), error, float(np.mean([np.mean(t == 0) for t in tables]))


def _powers(tables: int) -> list[str]:
    rows = []
    for i, (n, m) in enumerate([(10, 1), (10, 7), (10, 14), (12, 14), (20, 7), (20, 30)]):
        factor = effect_factor(n, m)
        rate = found_rate(n, m, factor, tables, 200 + i)
        rows.append(f"| least_effect | {n} | {m} | {factor:.3f} | {tables} | {rate:.4f} | 0.80 |")
    two = f"| 2 deviations | 10 | 7 | 2.000 | {tables} | {found_rate(10, 7, 2.0, tables, 299):.4f} | at least 0.90 |"
    return [
        "## Differences that are there",
        "",
        "One of m methods is better by so many deviations of the paired difference (normal); found is how often it is",
        "called better.",
        "",
        "| effect | n | m | in deviations | tables | found | wanted |",
        "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
        two,
        *rows,
        "",
    ]


def _ties(tables: int) -> list[str]:
    rows = []
    for i, (n, margin, true) in enumerate(
        [(10, 0.5, 0.0), (10, 1.0, 0.0), (10, 1.0, 0.5), (20, 0.5, 0.0), (20, 0.5, 0.25), (20, 0.5, 0.5)]
    ):
        theory = tie_theory(n, margin, true)
        rows.append(
            f"| {n} | {margin} | {true} | {tables} | {tie_rate(n, margin, true, tables, 300 + i):.4f} | {theory:.4f} |"
        )
    return [
        "## Ties",
        "",
        "The 90 % interval inside the margin, which is two one-sided tests at 5 %: at a true difference that equals",
        "the margin a tie is false, and comes in at most 5 %. Margin and true difference in deviations (normal).",
        "",
        "| n | margin | true difference | tables | ties | by theory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]


if __name__ == "__main__":
    sys.exit(main())
