"""Median absolute error."""

from dataclasses import dataclass

from sklearn.metrics import median_absolute_error

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class MedianError(Metric):
    """Median over rows of the absolute error, in the target's units; with several targets the mean over them."""

    kinds = ("regression",)
    better = "lower"
    optimum = 0.0

    def score(self, predictions):
        return median_absolute_error(predictions.y, predictions.out)
