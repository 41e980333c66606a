"""Area under the receiver operating characteristic (Hanley and McNeil 1982), by scikit-learn."""

from dataclasses import dataclass

from sklearn.metrics import roc_auc_score

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class Auc(Metric):
    """Area under the ROC curve; with several classes or labels the mean over each against the rest.

    Classes that no test row has count in no mean.
    """

    kinds = ("class", "multilabel")
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        return predictions.mean_against_rest(roc_auc_score)
