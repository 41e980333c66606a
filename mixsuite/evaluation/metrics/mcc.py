"""Matthews' correlation coefficient (Matthews 1975; for several classes Gorodkin 2004), by scikit-learn."""

from dataclasses import dataclass

from sklearn.metrics import matthews_corrcoef

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class Mcc(Metric):
    """Correlation of predicted and true classes; 0 where all predictions are of one class."""

    kinds = ("class",)
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        return matthews_corrcoef(predictions.y, predictions.predicted)
