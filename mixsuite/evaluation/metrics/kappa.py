"""Cohen's kappa (Cohen 1960), by scikit-learn."""

from dataclasses import dataclass

from sklearn.metrics import cohen_kappa_score

from mixsuite.evaluation import Metric
from mixsuite.mixing import require


@dataclass(frozen=True)
class Kappa(Metric):
    """Agreement with the true classes beyond what chance gives.

    weights: how disagreement grows with the distance of ordered classes: "none", "linear" or "quadratic".
    """

    weights: str = "none"

    kinds = ("class",)
    better = "higher"
    optimum = 1.0

    def __post_init__(self):
        require(self.weights in ("none", "linear", "quadratic"), "weights", self.weights, "none, linear, quadratic")

    def score(self, predictions):
        weights = None if self.weights == "none" else self.weights
        return cohen_kappa_score(predictions.y, predictions.predicted, weights=weights)
