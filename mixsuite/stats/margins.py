"""Margins: the differences that count as equal, in a metric's units."""

from __future__ import annotations

from mixsuite.stats.primary import Primary

ERROR_MARGIN = 0.01  # a tie: the 90 % interval of the difference in error lies within it
SHARE_MARGIN = 0.02  # the same for other metrics, as a share of the reference's distance from the optimum


def margin_of(primary: Primary, reference: float, given: float | None) -> float:
    """The margin of a tie, in the metric's units.

    Args:
        primary: the metric.
        reference: the reference's mean.
        given: the matrix's margin, in ``primary.unit``; None: an error of 0.01, or 2 % of the reference's distance from
            the optimum.
    """
    default = ERROR_MARGIN if primary.is_share else SHARE_MARGIN
    return primary.unit(reference) * (default if given is None else given)


def is_within(primary: Primary, effect: float, given: float | None) -> bool:
    """Whether an effect is at most the margin; both are in ``primary.unit``, and None stands for the default margin."""
    default = ERROR_MARGIN if primary.is_share else SHARE_MARGIN
    return effect <= (default if given is None else given)
