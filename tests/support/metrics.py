"""Made-up predictions on which metrics are compared with their slow twins."""

import numpy as np

from mixsuite.evaluation import Predictions


def classes(rows=40, count=3, seed=0):
    """Whole-number logits, so that ties occur."""
    draws = np.random.default_rng(seed)
    y = draws.integers(0, count, rows)
    y[:count] = np.arange(count)
    return Predictions(draws.integers(-3, 4, (rows, count)) + 1.5 * np.eye(count)[y], y, "class")


def labels(rows=40, count=3, seed=0):
    draws = np.random.default_rng(seed)
    y = draws.integers(0, 2, (rows, count))
    return Predictions(draws.integers(-3, 4, (rows, count)) + 1.5 * y - 0.6, y, "multilabel")


def values(rows=31, targets=None, seed=0):
    draws = np.random.default_rng(seed)
    shape = (rows,) if targets is None else (rows, targets)
    y = draws.integers(-5, 6, shape).astype(float)
    return Predictions(y + draws.integers(-3, 4, shape), y, "regression")


def one_against_rest(p):
    """(truth, score) of each class or label, in plain Python."""
    truth = p.y if p.kind == "multilabel" else [[int(c == k) for k in range(p.out.shape[1])] for c in p.y]
    for k in range(p.out.shape[1]):
        yield [row[k] for row in truth], [float(v) for v in p.log_probabilities[:, k]]
