"""Margins: the differences that count as equal, in a metric's units."""

from __future__ import annotations

ERROR_MARGIN = 0.01  # a tie: the 90 % interval of the difference in error lies within it
RMSE_MARGIN = 0.02  # the same for RMSE, as a share of the reference's RMSE


def margin_of(metric: str, reference: float, given: float | None) -> float:
    """The margin of a tie.

    Args:
        metric: "error", or "rmse".
        reference: the reference's mean; the margin of RMSE is a share of it.
        given: the matrix's margin; None: an error of 0.01, or 2 % of the reference's RMSE.
    """
    if metric == "error":
        return ERROR_MARGIN if given is None else given
    return reference * (RMSE_MARGIN if given is None else given)


def is_within(metric: str, share: float, given: float | None) -> bool:
    """Whether an effect is at most the margin.

    Args:
        metric: "error", or "rmse".
        share: the effect in error, or as a share of the reference's RMSE.
        given: the matrix's margin, or None for the default.
    """
    return share <= margin_of(metric, 1.0, given)
