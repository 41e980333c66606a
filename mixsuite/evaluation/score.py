"""Score a trained model's outputs with a metric."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import UndefinedMetricWarning
from torch import Tensor

from mixsuite.evaluation.metric import Metric, Predictions
from mixsuite.evaluation.numbers import numbers_of


def predictions_of(out: Tensor, y: Tensor, kind: str) -> Predictions:
    """Outputs and targets [n, ...] of the test part as a metric takes them: double precision, read-only."""
    values, target = out.detach().double().cpu().numpy().copy(), y.cpu().numpy().copy()
    if kind == "class" and target.ndim > 1:
        target = target.argmax(1)
    for array in (values, target):
        array.flags.writeable = False
    return Predictions(values, target, kind)


def score(metric: Metric, name: str, predictions: Predictions) -> dict[str, Any]:
    """Score predictions, for the run's record.

    Args:
        metric: the metric.
        name: its name in records.
        predictions: of the test part.

    Returns:
        As for ``numbers_of``; a metric for other kinds of target is "skipped". A number that scikit-learn calls
        undefined is none.
    """
    kinds = type(metric).kinds
    if predictions.kind not in kinds:
        reason = f"made for {', '.join(kinds)}, not for {predictions.kind}"
        return {"metrics": {}, "status": "skipped", "reason": reason}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        return numbers_of(lambda: {name: metric.score(predictions)})
