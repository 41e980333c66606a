"""A model's outputs under a metric: what the record keeps, and how a metric may fail."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score

from mixsuite.evaluation import Metric
from mixsuite.evaluation.metrics.auc import Auc
from mixsuite.evaluation.score import predictions_of, score
from mixsuite.plugins.kinds import METRIC
from mixsuite.plugins.load import load_plugin


def test_outputs_become_read_only_arrays_of_double_precision():
    out, y = torch.randn(5, 3, dtype=torch.float32, requires_grad=True), torch.tensor([0, 1, 2, 1, 0])
    p = predictions_of(out, y, "class")
    assert (p.out.dtype, p.kind) == (np.float64, "class")
    assert np.array_equal(p.out, out.detach().double().numpy())
    for array in (p.out, p.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert predictions_of(out, torch.eye(3)[[0, 1, 2, 1, 0]], "class").y.tolist() == y.tolist()
    y += 1  # what the metric has is a copy
    assert p.y.tolist() == [0, 1, 2, 1, 0]


def test_a_metric_for_other_targets_is_skipped():
    p = predictions_of(torch.randn(5), torch.randn(5), "regression")
    wanted = {"metrics": {}, "status": "skipped", "reason": "made for class, multilabel, not for regression"}
    assert score(Auc(), "auc", p) == wanted


@dataclass(frozen=True)
class Precision(Metric):
    """scikit-learn warns that it is undefined without predictions of a class."""

    better = "higher"

    def score(self, predictions):
        return precision_score(predictions.y, predictions.predicted, average="macro")


def test_what_scikit_learn_calls_undefined_is_no_number():
    p = predictions_of(torch.eye(3)[[0, 0, 0]], torch.tensor([0, 1, 2]), "class")
    found = score(Precision(), "precision", p)
    assert (found["status"], found["metrics"]) == ("failed", {})
    assert found["reason"].startswith("UndefinedMetricWarning: Precision is ill-defined")


def test_a_metric_that_raises_names_its_file_and_line(tmp_path):
    path = tmp_path / "odd.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom mixsuite.evaluation import Metric\n@dataclass(frozen=True)\n"
        "class Odd(Metric):\n    better = 'higher'\n    def score(self, predictions):\n        predictions.out[0] = 3\n"
    )
    odd = load_plugin(METRIC, str(path), Metric).instance
    found = score(odd, "odd", predictions_of(torch.eye(3), torch.arange(3), "class"))
    assert found["reason"] == f"ValueError: assignment destination is read-only, {path}, line 7"
