"""The statistics of the gate: is a cell worse than its baseline, better, or equal within the margin?

The gate uses one-sided exact sign-flip tests over paired differences, adjusted by Holm over all gated cells. If only
the random draws of a re-run changed, the chance of any alarm is at most ALPHA.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil, log2, nan
from typing import TypeVar

import numpy as np

from mixsuite.stats.margins import Margin
from mixsuite.stats.paired import holm, sign_flip, t_interval
from mixsuite.stats.primary import Better, Primary

K = TypeVar("K", bound=Hashable)
_ERROR, _SHARE = Margin(0.01, of_distance=False), Margin(0.02)  # where the accepted matrix named no margin
ALPHA = 0.01  # chance of any false `worse` over all cells of a re-run; of any false `better` as well
EQUAL, WORSE, BETTER, UNDECIDED = "equal within margin", "worse", "better", "undecided"


@dataclass(frozen=True)
class Decision:
    """The decision on one cell.

    word: EQUAL, WORSE, BETTER or UNDECIDED.
    diff: mean difference, now minus baseline, in the primary metric's units.
    low, high: its 90 % t-interval.
    p:    one-sided, for the side that the mean is on; adjusted by Holm over all gated cells.
    """

    word: str
    diff: float
    low: float
    high: float
    p: float


def gate_margin(primary: Primary, reference: float, given: str = "") -> float:
    """The largest difference that the gate takes as equal, in the metric's units.

    Args:
        primary: the metric.
        reference: the accepted mean.
        given: the accepted matrix's margin; "": an error of 0.01, or 2 % of the distance from the optimum.

    Raises:
        ValueError: no margin.
    """
    default = _ERROR if primary.is_share else _SHARE
    return (Margin.parse(given if "%" in given else float(given)) if given else default).of(primary, reference)


def needed_seeds(cells: int) -> int:
    """The fewest seeds n by which a change in one of ``cells`` cells can be found: the smallest p is 1 / 2^n."""
    return max(2, ceil(log2(max(cells, 1) / ALPHA)))


@dataclass(frozen=True)
class Gated:
    """A cell whose runs differ from the baseline's.

    d:      [n] differences in the primary metric, now minus baseline.
    margin: the largest difference that counts as equal, in the same units.
    better: the direction in which the metric improves.
    """

    d: np.ndarray
    margin: float
    better: Better = "lower"

    @property
    def loss(self) -> float:
        """The mean difference, positive where the metric got worse."""
        return float(np.mean(self.d)) * (1 if self.better == "lower" else -1)


def decide(changed: dict[K, Gated], cells: int) -> dict[K, Decision]:
    """Decide on the cells whose runs differ from the baseline's.

    Args:
        changed: the cells.
        cells: number of all gated cells: unchanged ones belong to the family of tests too.
    """
    keys = list(changed)
    losses = np.array([changed[key].loss for key in keys])
    two = np.array([_two_sided(changed[key].d) for key in keys])
    rest = np.ones(max(cells - len(keys), 0))
    sides = {}
    for sign in (1, -1):  # sign patterns are symmetric, so the one-sided p is half the two-sided one
        p = np.where(sign * losses > 0, two / 2, 1.0)
        sides[sign] = holm(np.concatenate([p, rest]))[: len(keys)]
    decisions = {}
    for place, key in enumerate(keys):
        cell = changed[key]
        low, high = t_interval(cell.d, 0.90)
        worse, better = float(sides[1][place]), float(sides[-1][place])
        word = _word(low, high, cell.margin, worse, better)
        decisions[key] = Decision(word, float(np.mean(cell.d)), low, high, worse if cell.loss > 0 else better)
    return decisions


def _two_sided(d: np.ndarray) -> float:
    p = float(sign_flip(d[None])[0])
    return 1.0 if p is nan or np.isnan(p) else p


def _word(low: float, high: float, margin: float, worse: float, better: float) -> str:
    edge = margin * (1 + 1e-9)
    if -edge <= low and high <= edge:
        return EQUAL
    if worse <= ALPHA:
        return WORSE
    return BETTER if better <= ALPHA else UNDECIDED
