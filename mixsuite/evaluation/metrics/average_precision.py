"""Average precision, the area under the curve of precision over recall, by scikit-learn."""

from dataclasses import dataclass

from sklearn.metrics import average_precision_score

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class AveragePrecision(Metric):
    """Average precision, as the mean over each class or label against the rest.

    Classes that no test row has count in no mean.
    """

    kinds = ("class", "multilabel")
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        return predictions.mean_against_rest(average_precision_score)
