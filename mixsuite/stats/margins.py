"""Margins: what counts as equal, in a metric's units."""

from __future__ import annotations

ERROR_MARGIN = 0.01  # a tie is where the 90 % interval of the difference in error lies within it
RMSE_MARGIN = 0.02  # the same for RMSE, as a share of the reference's


def margin_of(metric: str, reference: float, given: float | None) -> float:
    """The margin of a tie.

    Args:
        metric: "error", or "rmse".
        reference: the reference's mean, of which a margin of RMSE is a share.
        given: by the matrix; None: 0.01 error, 2 % of the reference's RMSE.
    """
    if metric == "error":
        return ERROR_MARGIN if given is None else given
    return reference * (RMSE_MARGIN if given is None else given)


def is_within(metric: str, share: float, given: float | None) -> bool:
    """Whether an effect is no more than the margin. share: in error, or as a share of the reference's RMSE."""
    return share <= margin_of(metric, 1.0, given)
