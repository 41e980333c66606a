"""Proof: "has the comparison converged?" is answered as said, at no drift, half, once and twice the margin.

Comparisons of normal runs go through the function that fills the column ``converged``. Both arms are trained for T and
2 T; doubling improves the method, the reference, or both, by the drift.

    python benchmarks/proofs/convergence.py [--tables 4000] [--out results/reference/convergence.md]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from mixsuite.stats.convergence import NO, OPEN, OVERTRAINED, YES, Arm, converged

TOGETHER = 0.5  # correlation of the two arms' gains: they share their seeds
DRIFTS = {  # what doubling improves of (method, reference), in margins
    "nothing moves": (0.0, 0.0),
    "the method by half the margin": (0.5, 0.0),
    "the method by the margin": (1.0, 0.0),
    "the method by twice the margin": (2.0, 0.0),
    "both by half the margin": (0.5, 0.5),
    "both by the margin": (1.0, 1.0),
    "both by twice the margin": (2.0, 2.0),
    "the method gets worse by twice the margin": (-2.0, 0.0),
}
STATES = (YES, NO, OVERTRAINED, OPEN)


def states(drift: tuple[float, float], n: int, sd: float, tables: int, purpose: int) -> dict[str, float]:
    """The share of each state among simulated comparisons.

    Args:
        drift: what doubling improves of the method and of the reference, in margins.
        n: seeds.
        sd: standard deviation over seeds of what doubling improves of an arm, in margins.
        tables: number of comparisons.
        purpose: names the random stream.
    """
    draws = np.random.Generator(np.random.Philox(key=purpose))
    found: Counter[str] = Counter()
    for _ in range(tables):
        shared = draws.standard_normal(n) * TOGETHER**0.5
        gains = [sd * (shared + draws.standard_normal(n) * (1 - TOGETHER) ** 0.5) + d for d in drift]
        mine, theirs = (
            Arm(start, start - gain) for start, gain in zip(draws.standard_normal((2, n)), gains, strict=True)
        )
        found[converged(mine, theirs, 1.0)] += 1
    return {state: found[state] / tables for state in STATES}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=4_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = [
        f"| {name} | {n} | {sd:g} | {arguments.tables} | "
        + " | ".join(f"{share:.4f}" for share in found.values())
        + " |"
        for i, (name, drift) in enumerate(DRIFTS.items())
        for j, (n, sd) in enumerate([(6, 0.25), (6, 0.5), (10, 0.5), (10, 1.0), (20, 1.0)])
        for found in [states(drift, n, sd, arguments.tables, 10 * i + j)]
    ]
    text = "\n".join(
        [
            "# Has the comparison converged?",
            "",
            "Simulated comparisons through `mixsuite/stats/convergence.py`, remade by `make proofs`. Drift: what",
            "doubling the length improves. Deviation: of that over seeds, in margins, in each arm; the arms' gains",
            f"correlate by {TOGETHER}. Wanted: where an arm moves by the margin or more, `yes` in at most 5 %; where",
            "nothing moves by more than the margin, `no` and `overtrained` in at most 5 % for each bound that they go",
            "by; at twice the margin `no`.",
            "",
            f"| drift | n | deviation | comparisons | {' | '.join(STATES)} |",
            "| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
