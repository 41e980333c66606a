"""The contract of a metric: a number from a trained model's outputs for the test part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from mixsuite.stats.primary import Better


@dataclass(frozen=True)
class Predictions:
    """What a metric may know. The arrays are read-only.

    out:  [n, C] logits of classes, [n, L] logits of labels, or for regression [n] or [n, T] values in the target's
          units.
    y:    [n] classes, [n, L] labels 0 or 1, or values as ``out``.
    kind: "class", "multilabel" or "regression".
    """

    out: np.ndarray
    y: np.ndarray
    kind: str

    @cached_property
    def predicted(self) -> np.ndarray:
        """[n] the likeliest classes, [n, L] labels 0 or 1, or for regression the outputs."""
        if self.kind == "regression":
            return self.out
        return (self.out > 0).astype(int) if self.kind == "multilabel" else self.out.argmax(1)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """[n, C] or [n, L] the probability of each class or label. There are none for regression."""
        return np.asarray(expit(self.out) if self.kind == "multilabel" else softmax(self.out, axis=1))

    @cached_property
    def log_probabilities(self) -> np.ndarray:
        """[n, C] or [n, L] their logarithms, which keep the order of rows where probabilities round to 1."""
        return np.asarray(log_expit(self.out) if self.kind == "multilabel" else log_softmax(self.out, axis=1))

    def one_against_rest(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each class or label: (whether each row has it [n], its log probability [n]).

        Classes that no row has are left out, and those that every row has.

        Raises:
            ValueError: none is left, because all rows are of one class.
        """
        count = self.out.shape[1]
        truth = self.y if self.kind == "multilabel" else self.y[:, None] == np.arange(count)
        pairs = [(truth[:, k] > 0, self.log_probabilities[:, k]) for k in range(count)]
        pairs = [(has, score) for has, score in pairs if 0 < has.sum() < len(has)]
        if not pairs:
            raise ValueError(f"all {len(self.y)} test rows are of one class")
        return pairs

    def mean_against_rest(self, score: Callable[[np.ndarray, np.ndarray], float]) -> float:
        """The mean of ``score(truth, log probability)`` over the pairs of ``one_against_rest``.

        Raises:
            ValueError: all rows are of one class.
        """
        values = [score(has, scores) for has, scores in self.one_against_rest()]
        return sum(values) / len(values)


@dataclass(frozen=True)
class Metric(ABC):
    """A metric of a model's outputs. Write ``score`` and the class literals.

    kinds:   kinds of target that it is for: "class", "multilabel", "regression".
    better:  the direction in which it improves: "higher" or "lower".
    optimum: its best possible value, from which margins are measured; a primary metric needs one.
    """

    kinds: ClassVar[tuple[str, ...]] = ("class",)
    better: ClassVar[Better]
    optimum: ClassVar[float | None] = None

    @abstractmethod
    def score(self, predictions: Predictions) -> float:
        """Score the predictions of the test part. Raise a ValueError in one sentence where there is no such number."""
