"""F1, the harmonic mean of precision and recall, by scikit-learn."""

from dataclasses import dataclass

from sklearn.metrics import f1_score

from mixsuite.evaluation import Metric
from mixsuite.mixing import require


@dataclass(frozen=True)
class F1(Metric):
    """F1 over classes or labels; a class that is neither there nor predicted counts in no mean.

    average: "macro", "micro" or "weighted".
    """

    average: str = "macro"

    kinds = ("class", "multilabel")
    better = "higher"
    optimum = 1.0

    def __post_init__(self):
        require(self.average in ("macro", "micro", "weighted"), "average", self.average, "macro, micro, weighted")

    def score(self, predictions):
        return f1_score(predictions.y, predictions.predicted, average=self.average, zero_division=0)
