"""Outputs and targets to numbers. Lower is better for the primary metric: error, or RMSE."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, log_softmax
from torch import Tensor

BINS = 15
TEMPERATURES = (0.05, 20.0)  # bounds of the fitted temperature


def primary(out: Tensor, y: Tensor, kind: str) -> float:
    """The primary metric of outputs [n, ...] for targets [n, ...], without back-scaling."""
    values, target = out.double().numpy(), y.numpy()
    if kind == "regression":
        return float(np.sqrt(np.mean((values - target) ** 2)))
    if kind == "multilabel":
        return float(np.mean((values > 0) != (target > 0.5)))
    return float(np.mean(values.argmax(1) != _hard(target)))


def _hard(y: np.ndarray) -> np.ndarray:
    return y if y.ndim == 1 else y.argmax(1)


def _log_scores(out: np.ndarray, y: np.ndarray, kind: str, temperature: float) -> float:
    """Mean negative log likelihood at a temperature."""
    scaled = out / temperature
    if kind == "multilabel":
        return float(-np.mean(y * log_expit(scaled) + (1 - y) * log_expit(-scaled)))
    return float(-np.mean(log_softmax(scaled, axis=1)[np.arange(len(y)), _hard(y)]))


def _brier(out: np.ndarray, y: np.ndarray, kind: str, temperature: float) -> float:
    """Sum over classes (mean over labels) of squared probability errors, mean over rows."""
    scaled = out / temperature
    if kind == "multilabel":
        return float(np.mean((expit(scaled) - y) ** 2))
    p = np.exp(log_softmax(scaled, axis=1))
    p[np.arange(len(y)), _hard(y)] -= 1
    return float(np.mean((p**2).sum(1)))


def fit_temperature(out: np.ndarray, y: np.ndarray, kind: str) -> float:
    """The temperature in [0.05, 20] with the least negative log likelihood. out: [n, C] or [n, L]."""
    low, high = np.log(TEMPERATURES)
    found = minimize_scalar(lambda t: _log_scores(out, y, kind, float(np.exp(t))), bounds=(low, high), method="bounded")
    return float(np.exp(found.x))


def reliability(out: np.ndarray, y: np.ndarray) -> dict[str, list[float]]:
    """15 equal-width bins of top-label confidence: rows, summed confidence, right answers in each."""
    p = np.exp(log_softmax(out, axis=1))
    confidence, right = p.max(1), p.argmax(1) == _hard(y)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)

    def total(weights: np.ndarray | None) -> list[float]:
        return [round(float(v), 6) for v in np.bincount(place, weights, BINS)]

    return {"rows": total(None), "confidence": total(confidence), "right": total(right.astype(float))}


def evaluate(
    out: Tensor, y: Tensor, kind: str, valid_out: Tensor | None = None, valid_y: Tensor | None = None
) -> dict[str, Any]:
    """Everything a record keeps of the test part.

    Args:
        out, y: [n, ...] of the test part; regression: in the target's units.
        valid_out, valid_y: of the validation part, for the temperature; None or empty: no temperature.

    Returns:
        "metrics": class and multilabel: error (1 - accuracy; multilabel: share of wrong labels), nll,
        brier, and the last two after temperature scaling; regression: rmse, mae, r2.
        "temperature": {"value", "at_bound"} or None; "reliability": the bins, for classes, or None.
    """
    values, target = out.double().cpu().numpy(), y.cpu().numpy()
    metrics = {"rmse" if kind == "regression" else "error": primary(out.cpu(), y.cpu(), kind)}
    if kind == "regression":
        spread = float(np.mean((target - target.mean(0)) ** 2))
        metrics["mae"] = float(np.mean(np.abs(values - target)))
        metrics["r2"] = 1 - metrics["rmse"] ** 2 / spread if spread > 0 else 0.0
        return {"metrics": metrics, "temperature": None, "reliability": None}
    metrics["nll"] = _log_scores(values, target, kind, 1.0)
    metrics["brier"] = _brier(values, target, kind, 1.0)
    temperature = None
    if valid_out is not None and valid_y is not None and len(valid_y):
        t = fit_temperature(valid_out.double().cpu().numpy(), valid_y.cpu().numpy(), kind)
        at_bound = not TEMPERATURES[0] * 1.01 < t < TEMPERATURES[1] * 0.99
        temperature = {"value": t, "at_bound": at_bound}
        metrics["nll_scaled"] = _log_scores(values, target, kind, t)
        metrics["brier_scaled"] = _brier(values, target, kind, t)
    bins = reliability(values, target) if kind == "class" else None
    return {"metrics": metrics, "temperature": temperature, "reliability": bins}
