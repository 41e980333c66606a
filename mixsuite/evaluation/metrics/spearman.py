"""Spearman's rank correlation, by scipy."""

from dataclasses import dataclass

from scipy.stats import spearmanr

from mixsuite.evaluation import Metric


@dataclass(frozen=True)
class Spearman(Metric):
    """Rank correlation of outputs and targets; with several targets the mean over them."""

    kinds = ("regression",)
    better = "higher"
    optimum = 1.0

    def score(self, predictions):
        out, y = (a.reshape(len(a), -1) for a in (predictions.out, predictions.y))
        for values, what in ((out, "outputs"), (y, "targets")):
            if (values == values[:1]).all(0).any():
                raise ValueError(f"all {what} are equal: they have no ranks")
        values = [spearmanr(out[:, t], y[:, t]).statistic for t in range(y.shape[1])]
        return sum(values) / len(values)
