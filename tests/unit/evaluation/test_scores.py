"""Metrics against scikit-learn and brute force."""

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    balanced_accuracy_score,
    hamming_loss,
    log_loss,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from mixsuite.evaluation.scores import (
    ALWAYS,
    BINS,
    TAKEN,
    error_or_rmse,
    evaluate,
    fit_temperature,
    reliability,
    scores,
)


@pytest.fixture
def outputs():
    draws = np.random.default_rng(0)
    out = draws.normal(size=(400, 5)) * 2
    p = np.exp(out) / np.exp(out).sum(1, keepdims=True)
    y = np.array([draws.choice(5, p=row) for row in p])
    return out, y, p


def test_classification_equals_scikit_learn(outputs):
    out, y, p = outputs
    found = evaluate(torch.tensor(out), torch.tensor(y), "class")["metrics"]
    assert found["error"] == pytest.approx(np.mean(p.argmax(1) != y))
    assert found["nll"] == pytest.approx(log_loss(y, p))
    assert found["brier"] == pytest.approx(np.mean(np.sum((p - np.eye(5)[y]) ** 2, axis=1)))


def test_regression_equals_scikit_learn():
    draws = np.random.default_rng(1)
    y, out = draws.normal(size=(50, 1)) * 7, draws.normal(size=(50, 1)) * 7
    found = evaluate(torch.tensor(out), torch.tensor(y), "regression")["metrics"]
    assert found["rmse"] == pytest.approx(root_mean_squared_error(y, out))
    assert found["mae"] == pytest.approx(mean_absolute_error(y, out))
    assert found["r2"] == pytest.approx(r2_score(y, out))


def test_multi_label_equals_scikit_learn():
    draws = np.random.default_rng(2)
    y, out = (draws.random((60, 4)) < 0.4).astype(float), draws.normal(size=(60, 4))
    found = evaluate(torch.tensor(out), torch.tensor(y), "multilabel", torch.tensor(out), torch.tensor(y))
    assert found["metrics"]["error"] == pytest.approx(hamming_loss(y, out > 0))
    p = 1 / (1 + np.exp(-out))
    assert found["metrics"]["nll"] == pytest.approx(np.mean([log_loss(y[:, k], p[:, k]) for k in range(4)]))
    assert found["metrics"]["brier"] == pytest.approx(np.mean((p - y) ** 2))
    assert found["reliability"] is None


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_the_temperature_is_found_again(outputs, true):
    out, y, _ = outputs
    best = fit_temperature(out, y, "class")
    assert fit_temperature(out * true, y, "class") == pytest.approx(best * true, rel=1e-3)
    assert best == pytest.approx(1.0, abs=0.2)  # the labels were drawn from these probabilities


def test_scaled_scores_use_the_validation_part_and_bounds_are_flagged(outputs):
    out, y, _ = outputs
    hot, labels = torch.tensor(out * 9), torch.tensor(y)
    found = evaluate(hot, labels, "class", hot[:200], labels[:200])
    assert found["temperature"]["value"] == pytest.approx(9, rel=0.3)
    assert not found["temperature"]["at_bound"]
    assert found["metrics"]["nll_scaled"] < found["metrics"]["nll"]
    right = torch.nn.functional.one_hot(labels, 5).double()
    assert evaluate(right, labels, "class", right, labels)["temperature"]["at_bound"]
    assert evaluate(hot, labels, "class")["temperature"] is None


def test_reliability_bins_equal_brute_force(outputs):
    out, y, p = outputs
    bins = reliability(out, y)
    for b in range(BINS):
        inside = [(c, a == t) for c, a, t in zip(p.max(1), p.argmax(1), y, strict=True) if int(c * BINS) == b]
        assert bins["rows"][b] == len(inside)
        assert bins["confidence"][b] == pytest.approx(sum(c for c, _ in inside), abs=1e-5)
        assert bins["right"][b] == sum(hit for _, hit in inside)
    assert sum(bins["rows"]) == len(y)


def test_the_error_takes_soft_targets():
    out = torch.tensor([[2.0, 1.0], [0.0, 3.0]])
    assert error_or_rmse(out, torch.tensor([[0.9, 0.1], [0.8, 0.2]]), "class") == 0.5


@pytest.mark.parametrize("kind", ["class", "multilabel", "regression"])
def test_outputs_that_are_no_numbers_are_counted_not_scored(kind):
    out = torch.zeros(6, 3)
    out[2, 1], out[4] = float("nan"), float("inf")
    y = {"class": torch.zeros(6, dtype=torch.int64), "multilabel": torch.zeros(6, 3), "regression": torch.zeros(6, 3)}
    with pytest.raises(FloatingPointError, match="outputs of 2 of 6 rows are infinite or NaN"):
        evaluate(out, y[kind], kind)


def test_macro_error_weighs_classes_alike_and_equals_scikit_learn(outputs):
    out, y, p = outputs
    found = evaluate(torch.tensor(out), torch.tensor(y), "class")["metrics"]["macro_error"]
    assert found == pytest.approx(1 - balanced_accuracy_score(y, p.argmax(1)))
    uneven = torch.tensor([[1.0, 0.0]] * 10)
    labels = torch.tensor([0] * 9 + [1])
    assert evaluate(uneven, labels, "class")["metrics"]["macro_error"] == 0.5
    assert evaluate(uneven, labels, "class")["metrics"]["error"] == pytest.approx(0.1)


@pytest.mark.slow
def test_ece_is_torchmetrics_and_asked_of_many_rows_only():
    from torchmetrics.functional.classification import multiclass_calibration_error

    draws = np.random.default_rng(3)
    out = torch.tensor(draws.normal(size=(1_500, 5)) * 2)
    y = torch.tensor(draws.integers(0, 5, 1_500))
    found = evaluate(out, y, "class", out[:300], y[:300])
    t = found["temperature"]["value"]
    for name, scale in (("ece", 1.0), ("ece_scaled", t)):
        wanted = multiclass_calibration_error((out / scale).softmax(1), y, 5, n_bins=BINS, norm="l1")
        assert found["metrics"][name] == pytest.approx(float(wanted), abs=1e-6)
    assert found["reliability_scaled"] == reliability(out.numpy(), y.numpy(), t)
    assert "ece" not in evaluate(out[:999], y[:999], "class")["metrics"]


def test_no_further_metric_can_have_the_name_of_a_column_or_a_cost():
    from mixsuite.regression.baseline import COSTS as BASELINE_COSTS
    from mixsuite.report.task import COLUMNS
    from mixsuite.results.reading import COSTS

    assert {*COLUMNS, *COSTS, *BASELINE_COSTS} <= TAKEN


@pytest.mark.parametrize("kind", ["class", "multilabel", "regression"])
def test_a_run_has_every_metric_that_may_be_primary_for_its_targets(kind):
    out = torch.randn(8, 3)
    y = {"class": torch.arange(8) % 3, "multilabel": (out > 0.3).float(), "regression": out + 0.5}[kind]
    found = scores(out, y, kind)
    assert {name for name, (_, kinds) in ALWAYS.items() if kind in kinds} <= set(found)
    for name, (primary, kinds) in ALWAYS.items():
        assert primary.name == name
        if kind in kinds and kind == "regression":  # without a fault the optimum is reached
            assert scores(y, y, kind)[name] == primary.optimum
