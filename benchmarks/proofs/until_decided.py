"""Proof: stopping when decided keeps its promises, and saves runs.

Sequences of paired differences are drawn and go through the functions of `mixsuite/stats/sequential.py`: false better
and worse, false ties, coverage of repeated intervals, power, runs against a fixed number of seeds, and the bias of a
mean that was stopped.

    python benchmarks/proofs/until_decided.py [--tables 2000] [--out results/reference/until_decided.md]
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import numpy as np

from mixsuite.stats import sequential
from mixsuite.stats.paired import LEVEL, effect_factor, sign_flip
from mixsuite.stats.sequential import boundaries, first_crossing, looks_for, repeated_interval, sequential_verdict
from mixsuite.stats.verdicts import BETTER, TIE, WORSE

FIRST = 6
LAWS = {  # of a run's error about its mean, standard deviation 1
    "normal": lambda draws, shape: draws.standard_normal(shape),
    "heavy-tailed (t, 3 degrees)": lambda draws, shape: draws.standard_t(3, shape) / math.sqrt(3),
    "skewed (exponential)": lambda draws, shape: draws.standard_exponential(shape) - 1,
    "normal, rounded to a third": lambda draws, shape: np.round(3 * draws.standard_normal(shape)) / 3,
}
EFFECTS = (0.0, 0.5, 1.0, 2.0)  # in effects that the fixed number of seeds finds with 80 %
FIXED = [(12, 1), (12, 3), (12, 14), (20, 1), (20, 3), (20, 14)]  # (seeds, methods)


def stream(purpose: int) -> np.random.Generator:
    """Make the fixed random stream of one part of the proof."""
    return np.random.Generator(np.random.Philox(key=purpose))


def differences(law: str, tables: int, m: int, n: int, purpose: int) -> np.ndarray:
    """Draw differences from a common reference, [tables, m, n]; nothing differs, standard deviation 1."""
    runs = LAWS[law](stream(purpose), (tables, m + 1, n))
    return (runs[:, 1:] - runs[:, :1]) / math.sqrt(2)


def false_rate(d: np.ndarray, looks: tuple[int, ...]) -> float:
    """Compute the share of tables [tables, m, n] in which any method crosses: no verdict can have more."""
    level = LEVEL / d.shape[1]
    return float(np.mean([any(first_crossing(row, looks, level) for row in table) for table in d]))


def chance_to_cross(sizes: np.ndarray, looks: tuple[int, ...], patterns: int, purpose: int) -> float:
    """Draw sign patterns of given sizes [n] and compute the share that crosses the 5 % boundaries at any look."""
    edges = list(boundaries(sizes, looks, LEVEL))
    signs = 2.0 * stream(purpose).integers(0, 2, (patterns, len(sizes)), dtype=np.int8) - 1
    sums = np.cumsum(signs * sizes, axis=1)[:, np.array(looks) - 1]
    return float(np.mean((np.abs(sums) > edges).any(axis=1)))


def false_ties(d: np.ndarray, looks: tuple[int, ...], margin: float) -> float:
    """Compute the share of sequences [tables, n] that are called a tie; d has the margin, or more, as its true mean."""
    return float(np.mean([sequential_verdict(row, looks, margin, 1, futile=0).word == TIE for row in d]))


def coverage(d: np.ndarray, looks: tuple[int, ...]) -> tuple[float, float]:
    """Compute coverage of 0 over sequences [tables, n]: by all looks' intervals together, and by that of the stop."""
    everywhere, stopped = 0, 0
    for row in d:
        intervals = [repeated_interval(row[:n], looks) for n in looks]
        everywhere += all(low <= 0 <= high for low, high in intervals)
        found = sequential_verdict(row, looks, 0.5, 1)
        stopped += found.low <= 0 <= found.high
    return everywhere / len(d), stopped / len(d)


@dataclass(frozen=True)
class Stops:
    """Outcomes over tables: words [tables, m], seeds at the stop [tables, m], and means at the stop [tables, m]."""

    words: np.ndarray
    n: np.ndarray
    means: np.ndarray

    def runs(self) -> float:
        """Compute the runs of a table: those of each method, and the reference's, which goes on to the last stop."""
        return float(np.mean(self.n.sum(1) + self.n.max(1)))

    def share(self, *words: str) -> float:
        """Compute the share of comparisons that have one of these words."""
        return float(np.isin(self.words, words).mean())


def stops(d: np.ndarray, looks: tuple[int, ...], margin: float, futile: float = sequential.FUTILE) -> Stops:
    """Let every table [tables, m, n] stop when decided."""
    found = [[sequential_verdict(row, looks, margin, d.shape[1], futile=futile) for row in table] for table in d]
    words, n = np.array([[s.word for s in row] for row in found]), np.array([[s.n for s in row] for row in found])
    means = np.array([[row[:k].mean() for row, k in zip(*pair, strict=True)] for pair in zip(d, n, strict=True)])
    return Stops(words, n, means)


def most_for(n: int, m: int, tables: int, purpose: int) -> tuple[int, float, float]:
    """Find the seeds of the last look at which one method's power is that of n fixed seeds, by the same draws.

    Returns:
        The number of seeds, this power, and that of the fixed number (the smallest p of Holm's procedure).
    """
    effect = effect_factor(n, m)
    d = stream(purpose).standard_normal((tables, 2 * n)) + effect
    fixed = float(np.mean(sign_flip(d[:, :n]) <= LEVEL / m))
    for most in range(n, 2 * n):
        looks = looks_for(FIRST, most, m)
        power = float(np.mean([sequential_verdict(row[:most], looks, effect, m).word == WORSE for row in d]))
        if power >= fixed:
            break
    return most, power, fixed


def saved(n: int, m: int, tables: int, purpose: int) -> list[str]:
    """Measure the runs saved against n fixed seeds, for every effect, and for one method that has it among others."""
    effect = effect_factor(n, m)
    most, power, fixed = most_for(n, m, 2 * tables, purpose)
    looks = looks_for(FIRST, most, m)
    cells = []
    for factor in EFFECTS:
        found = stops(
            differences("normal", max(tables // m, 200), m, most, purpose + 1) + factor * effect, looks, effect
        )
        cells.append(f"{1 - found.runs() / ((m + 1) * n):.0%}")
    d = differences("normal", max(tables // m, 200), m, most, purpose + 2)
    d[:, 0] += effect
    cells.append(f"{1 - stops(d, looks, effect).runs() / ((m + 1) * n):.0%}" if m > 1 else "")
    shown = ", ".join(map(str, looks))
    return [f"| {m} | {n} | {fixed:.3f} | {shown} | {power:.3f} | {' | '.join(cells)} |"]


def _nulls(tables: int) -> list[str]:
    lines, rates = [], []
    for i, law in enumerate(LAWS):
        for j, (m, most) in enumerate([(1, 14), (1, 23), (3, 14), (14, 14)]):
            looks = looks_for(FIRST, most, m)
            rates.append(false_rate(differences(law, tables, m, most, 10 * i + j), looks))
            lines.append(f"| {law} | {m} | {', '.join(map(str, looks))} | {rates[-1]:.4f} |")
    d, looks = stream(90).standard_exponential((tables, 1, 14)) - 1, looks_for(FIRST, 14, 1)
    lines.append(f"| one-sided: exponential - 1 | 1 | {', '.join(map(str, looks))} | {false_rate(d, looks):.4f} |")
    return [
        "## False better and worse",
        "",
        *wrap(
            f"m methods and a reference from one law, {tables:,} tables a row (standard error "
            f"{math.sqrt(0.05 * 0.95 / tables):.4f}); wanted is at most 0.05 of the tables with any. Over all rows "
            f"but the last: {np.mean(rates):.4f} (standard error {math.sqrt(0.05 * 0.95 / tables / len(rates)):.4f}), "
            f"at most {max(rates):.4f}. The last row is the limit of the sign-flip test, as with fixed seeds: "
            "differences of mean 0 with a one-sided skew.",
            118,
        ),
        "",
        "| law of a run's error | m | looks | any false better or worse |",
        "| :--- | ---: | :--- | ---: |",
        *lines,
        "",
    ]


def _chances() -> list[str]:
    looks, rates = looks_for(FIRST, 23, 1), []
    for i, law in enumerate(LAWS):
        sizes = np.abs(differences(law, 3, 1, 23, 700 + i)[:, 0])
        rates += [chance_to_cross(row, looks, 400_000, 710 + 10 * i + j) for j, row in enumerate(sizes)]
    return [
        *wrap(
            "Given the sizes of the differences, the chance itself: 400,000 new sign patterns each (standard error "
            f"0.0003) for three sequences of every law, looks at {', '.join(map(str, looks))}, where patterns are drawn"
            f": {min(rates):.4f} to {max(rates):.4f}, in the mean {np.mean(rates):.4f}.",
            118,
        ),
        "",
    ]


def _ties(tables: int) -> list[str]:
    lines = []
    for i, law in enumerate(LAWS):
        for j, (most, margin) in enumerate([(14, 0.5), (14, 1.0), (23, 0.5)]):
            looks = looks_for(FIRST, most, 1)
            d = differences(law, tables, 1, most, 100 + 10 * i + j)[:, 0]
            rates = [false_ties(d + factor * margin, looks, margin) for factor in (1.0, -1.0)]
            true = false_ties(d, looks, margin)
            lines.append(
                f"| {law} | {', '.join(map(str, looks))} | {margin} | {rates[0]:.4f} | {rates[1]:.4f} | {true:.3f} |"
            )
    return [
        "## Ties",
        "",
        *wrap(
            f"{tables:,} sequences a row, one method. At a true difference of the margin a tie is false: at most 0.05. "
            "The last column has ties where nothing differs. The margin is in deviations.",
            118,
        ),
        "",
        "| law of a run's error | looks | margin | false at +margin | false at -margin | ties at 0 |",
        "| :--- | :--- | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def _coverage(tables: int) -> list[str]:
    lines = []
    for i, law in enumerate(LAWS):
        for j, most in enumerate([14, 23]):
            looks = looks_for(FIRST, most, 1)
            everywhere, stopped = coverage(differences(law, tables, 1, most, 200 + 10 * i + j)[:, 0], looks)
            lines.append(f"| {law} | {', '.join(map(str, looks))} | {everywhere:.4f} | {stopped:.4f} |")
    return [
        "## Repeated intervals",
        "",
        f"{tables:,} sequences a row; wanted is at least 0.95 where the intervals of all looks hold the true mean.",
        "",
        "| law of a run's error | looks | all looks | at the stop |",
        "| :--- | :--- | ---: | ---: |",
        *lines,
        "",
    ]


def _saved(tables: int) -> list[str]:
    lines = [line for i, (n, m) in enumerate(FIXED) for line in saved(n, m, tables, 300 + 10 * i)]
    return [
        "## Runs saved",
        "",
        *wrap(
            "Against a fixed number of seeds of equal power: e is the effect that it finds with 80 % (Holm's smallest "
            "p), and the last look is the first one at which one method's power is the same. The margin is e; all "
            "methods have the effect that stands over the column, or one has e and the others none. Saved is the share "
            "of runs, the reference's included, which goes on until the last method stops. A minus is a loss.",
            118,
        ),
        "",
        "| m | fixed n | power | looks | power | 0 | e / 2 | e | 2 e | one has e |",
        "| ---: | ---: | ---: | :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def _hard(tables: int) -> list[str]:
    """A margin that no number of seeds at hand can show: giving up is what saves."""
    effect, looks = effect_factor(20, 1), looks_for(FIRST, 23, 1)
    lines = []
    for i, factor in enumerate(EFFECTS):
        d = differences("normal", tables, 1, looks[-1], 400 + i) + factor * effect
        found = stops(d, looks, effect / 3)
        kept = stops(d, looks, effect / 3, futile=0)
        lines.append(
            f"| {factor:g} | {found.share(BETTER, WORSE):.3f} | {kept.share(BETTER, WORSE):.3f} "
            f"| {found.n.mean():.1f} | {kept.n.mean():.1f} |"
        )
    return [
        "## Giving up",
        "",
        *wrap(
            "One method, the looks of 20 fixed seeds, a margin of e / 3, which ties cannot reach: what giving up below "
            f"a chance of {sequential.FUTILE:.0%} costs in power, and what it saves.",
            118,
        ),
        "",
        "| effect in e | found | found without giving up | seeds | seeds without giving up |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def _bias(tables: int) -> list[str]:
    effect, looks = effect_factor(20, 1), looks_for(FIRST, 23, 1)
    lines = []
    for i, factor in enumerate(EFFECTS):
        found = stops(differences("normal", tables, 1, looks[-1], 500 + i) + factor * effect, looks, effect)
        true, called = factor * effect, np.isin(found.words, [BETTER, WORSE])
        sizes = np.abs(found.means)
        lines.append(
            f"| {factor:g} | {true:.3f} | {found.means.mean():.3f} | {called.mean():.3f} | "
            f"{sizes[called].mean() if called.any() else math.nan:.3f} |"
        )
    return [
        "## Stopped means are biased outwards",
        "",
        "One method, the looks of 20 fixed seeds, margin e. In deviations of a paired difference.",
        "",
        "| effect in e | true | mean at the stop | called better or worse | mean size of those |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def _spending(tables: int) -> list[str]:
    """Compare spending functions, by the seeds that one method needs."""
    lines, kept = [], sequential.RHO
    for rho in (1.0, 1.5, 2.0, 3.0):
        sequential.RHO = rho
        for n, m in [(20, 1), (20, 14)]:
            most, power, _ = most_for(n, m, tables, 600)
            effect, looks = effect_factor(n, m), looks_for(FIRST, most, m)
            d = stream(601).standard_normal((tables, most))
            means = [np.mean([sequential_verdict(row + f * effect, looks, effect, m).n for row in d]) for f in EFFECTS]
            lines.append(
                f"| {rho:g} | {m} | {', '.join(map(str, looks))} | {power:.3f} | "
                f"{' | '.join(f'{mean:.1f}' for mean in means)} | {np.mean(means):.2f} |"
            )
    sequential.RHO = kept
    return [
        "## Which spending function",
        "",
        *wrap(
            "(n / N)^rho at the power of 20 fixed seeds, margin e: the expected seeds of one comparison among m. "
            f"{kept:g} is used.",
            118,
        ),
        "",
        "| rho | m | looks | power | 0 | e / 2 | e | 2 e | mean |",
        "| ---: | ---: | :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *lines,
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    tables = asked.tables
    head = ["# Stop when decided", "", "Made by `benchmarks/proofs/until_decided.py` (`make proofs`).", ""]
    kept = [*_nulls(4 * tables), *_chances(), *_ties(tables), *_coverage(tables)]
    won = [*_saved(tables // 2), *_hard(tables // 2), *_bias(tables // 2), *_spending(tables // 4)]
    text = "\n".join([*head, *kept, *won])
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
