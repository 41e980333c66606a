"""Compute the table behind `least_effect`: the difference k(n, m) that n seeds find among m methods with 80 % power.

Normal differences of standard deviation 1 are shifted by a grid of effects and put through the sign-flip test. k is the
effect at which 80 % of them have p below 0.05 / m. Between grid points it is linear in the normal quantile of the
power.

    python benchmarks/proofs/least_effect.py [--samples 4000] [--out mixsuite/stats/least_effect.csv]
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.power import TTestPower

from mixsuite.stats.paired import EXACT_UP_TO, LEVEL, NEVER_BELOW, POWER, needed_seeds, sign_flip

# The columns include the largest m that each number of seeds can serve (25, 51, 102, ...), so no such n is left out.
METHODS = (*range(1, 31), 35, 40, 51, 60, 80, 102, 150, 204, 300, 409, 500)
GRID = 14


def factors(n: int, samples: int) -> list[float]:
    """k(n, m) for every m of METHODS; nan if n seeds are too few."""
    fit = [m for m in METHODS if n >= needed_seeds(m)]
    by_t = [float(TTestPower().solve_power(nobs=n, alpha=LEVEL / m, power=POWER)) for m in (fit[0], fit[-1])]
    all_alike = float(stats.norm.ppf(0.85 ** (1 / n)))  # all n have one sign with chance 0.85: no m needs more
    grid = np.linspace(0.85 * by_t[0], max(1.15 * by_t[1] + 0.3, all_alike), GRID)
    noise = np.random.Generator(np.random.Philox(key=1_000 + n)).standard_normal((samples, n))
    p = np.array([sign_flip(noise + effect) for effect in grid])  # [grid, samples]
    ks = []
    for m in METHODS:
        power = (p * m < LEVEL).mean(1)
        z = stats.norm.ppf(np.clip(power, 1e-4, 1 - 1e-4))
        ks.append(float(np.interp(stats.norm.ppf(POWER), z, grid)) if m in fit and power[-1] > POWER else math.nan)
    return ks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=4_000)
    parser.add_argument("--out", type=Path, default=Path("mixsuite/stats/least_effect.csv"))
    arguments = parser.parse_args()
    seeds = range(NEVER_BELOW, EXACT_UP_TO + 1)
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(partial(factors, samples=arguments.samples), seeds))
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["n", *METHODS])
        for n, row in zip(seeds, rows, strict=True):
            table.writerow([n, *("" if math.isnan(k) else f"{k:.3f}" for k in row)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
