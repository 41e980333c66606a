"""What is kept of each test row has the metric as its mean."""

import numpy as np
import pytest
import torch

from mixsuite.evaluation.row_losses import row_losses
from mixsuite.evaluation.scores import scores

DRAWS = torch.Generator().manual_seed(0)
CLASSES = torch.randn(37, 3, generator=DRAWS), torch.randint(0, 3, (37,), generator=DRAWS)
LABELS = torch.randn(37, 4, generator=DRAWS), (torch.rand(37, 4, generator=DRAWS) < 0.5).double()
VALUES = 50 + torch.randn(37, 2, generator=DRAWS), 50 + torch.randn(37, 2, generator=DRAWS)


def test_the_error_of_classes_is_a_bit():
    kept = row_losses(*CLASSES, "class", "error")
    wrong = np.unpackbits(kept["wrong"], count=int(kept["rows"]))
    assert wrong.tolist() == (CLASSES[0].argmax(1) != CLASSES[1]).int().tolist()
    assert kept["wrong"].nbytes == 5


@pytest.mark.parametrize(
    ("rows", "kind", "metric"),
    [(CLASSES, "class", "nll"), (CLASSES, "class", "brier"), (LABELS, "multilabel", "error"),
     (LABELS, "multilabel", "nll"), (LABELS, "multilabel", "brier"), (VALUES, "regression", "mae")],
)  # fmt: skip
def test_the_mean_of_the_losses_is_the_metric(rows, kind, metric):
    kept = row_losses(*rows, kind, metric)["loss"]
    assert (kept.dtype, kept.shape) == (np.float32, (37,))
    assert kept.mean(dtype=np.float64) == pytest.approx(scores(*rows, kind)[metric], rel=1e-6)


def test_the_rmse_is_the_root_of_the_mean():
    kept = row_losses(*VALUES, "regression", "rmse")["loss"]
    assert np.sqrt(kept.mean(dtype=np.float64)) == pytest.approx(scores(*VALUES, "regression")["rmse"], rel=1e-6)


def test_a_metric_that_is_no_mean_over_rows_keeps_the_scores():
    kept = row_losses(*CLASSES, "class", "auc")
    assert kept["out"].dtype == np.float32
    assert np.allclose(kept["out"], CLASSES[0])
    assert kept["y"].tolist() == CLASSES[1].tolist()
