"""Top-k error."""

from dataclasses import dataclass

import numpy as np

from mixsuite.evaluation import Metric
from mixsuite.mixing import require


@dataclass(frozen=True)
class TopKError(Metric):
    """Share of the rows whose class is not among the k likeliest; equal outputs count as likelier.

    k: fewer than there are classes.
    """

    k: int = 5

    kinds = ("class",)
    better = "lower"
    optimum = 0.0

    def __post_init__(self):
        require(self.k >= 1, "k", self.k, ">= 1")

    def score(self, predictions):
        out, y = predictions.out, predictions.y
        if self.k >= out.shape[1]:
            raise ValueError(f"k={self.k}: there are {out.shape[1]} classes, so every row would be right")
        own = out[np.arange(len(y)), y]
        others = (out >= own[:, None]).sum(1) - 1
        return (others >= self.k).mean()
