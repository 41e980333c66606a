"""Has a comparison converged? Both arms are trained twice as long, and neither they nor their difference may move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixsuite.stats.paired import t_interval
from mixsuite.stats.verdicts import is_within

YES, NO, OVERTRAINED, OPEN, NOT_LOOKED = "yes", "no", "overtrained", "undecided", "not looked"
MOVED = (NO, OVERTRAINED)  # states in which a verdict is shown to be taken at another point than convergence


@dataclass(frozen=True)
class Arm:
    """One method's values [n] of the primary metric, paired by seed; lower is better.

    short: trained for T.
    long:  trained for 2 T or longer.
    """

    short: np.ndarray
    long: np.ndarray

    @property
    def gain(self) -> np.ndarray:
        """[n] what longer training improves."""
        return np.asarray(self.short - self.long)


def converged(mine: Arm, theirs: Arm, margin: float) -> str:
    """Say whether the comparison of two methods has converged at T.

    yes:         the 90 % interval of d(2T) - d(T) lies within +-margin, and for each arm the one-sided 95 % bound of
                 what doubling improves is below the margin.
    no:          the bounds show movement: an arm still improves by more than the margin, or the difference moves by
                 more.
    overtrained: an arm gets worse by more than the margin.
    undecided:   none of these, or fewer than two seeds.

    Each of "yes" and "no" is false with a chance of about 5 % at most for a drift that equals the margin (t-intervals).

    Args:
        mine: the method's.
        theirs: the reference's, of the same seeds.
        margin: a movement up to it is none.
    """
    if len(mine.short) < 2:
        return OPEN
    bounds = [t_interval(arm.gain, 0.90) for arm in (mine, theirs)]
    drift = (mine.long - theirs.long) - (mine.short - theirs.short)
    low, high = t_interval(drift, 0.90)
    if any(least > margin for least, _ in bounds):
        return NO
    if any(most < -margin for _, most in bounds):
        return OVERTRAINED
    if low > margin or high < -margin:
        return NO
    still = all(most < margin or most == 0 for _, most in bounds)
    return YES if still and is_within(drift, margin) else OPEN
