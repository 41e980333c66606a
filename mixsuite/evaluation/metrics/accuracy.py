"""Accuracy."""

from dataclasses import dataclass

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class Accuracy(Metric):
    """Share of the rows whose class is right; for labels the share of right labels. It is 1 - error."""

    kinds = ("class", "multilabel")
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        return (predictions.predicted == predictions.y).mean()
