"""The loss of each test row, from which intervals for new rows are made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from mixsuite.evaluation.scores import brier_of_rows, hard_classes, nll_of_rows

_LOSSES: dict[str, Callable[[np.ndarray, np.ndarray, str], np.ndarray]] = {  # metric -> losses [n] or [n, outputs]
    "error": lambda out, y, kind: (out > 0) != (y > 0.5),  # of labels; of classes it is a bit
    "nll": nll_of_rows,
    "brier": brier_of_rows,
    "rmse": lambda out, y, kind: (out - y) ** 2,
    "mae": lambda out, y, kind: np.abs(out - y),
}


def row_losses(out: Tensor, y: Tensor, kind: str, metric: str) -> dict[str, np.ndarray]:
    """What a run keeps of each test row, as small as it can be.

    Args:
        out: [n, ...] outputs of the test part; for regression in the target's units.
        y: [n, ...] targets, in the same units.
        kind: "class", "multilabel" or "regression".
        metric: the primary metric's name.

    Returns:
        For the error of classes {"wrong": bits, "rows": n}. For another metric that is a mean over rows {"loss": [n]
        float32}, for the RMSE of squares. For all others, such as those that rank, {"out": float32, "y": targets}.
    """
    values, target = out.detach().double().cpu().numpy(), y.cpu().numpy()
    if kind == "class" and metric == "error":
        return {"wrong": np.packbits(values.argmax(1) != hard_classes(target)), "rows": np.array(len(target))}
    if metric not in _LOSSES:
        return {"out": values.astype(np.float32), "y": target}
    losses = _LOSSES[metric](values, target, kind)
    return {"loss": losses.reshape(len(target), -1).mean(1, dtype=np.float64).astype(np.float32)}
