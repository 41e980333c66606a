"""Outputs and targets to numbers. Lower is better for the primary metric: error, or RMSE."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, log_softmax
from sklearn.metrics import mean_absolute_error, r2_score, recall_score
from torch import Tensor

BINS = 15
ECE_FROM = 1_000  # test rows: below, a perfectly calibrated model shows a large ECE by chance alone
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


def reliability(out: np.ndarray, y: np.ndarray, temperature: float = 1.0) -> dict[str, list[float]]:
    """15 equal-width bins of top-label confidence: rows, summed confidence, right answers in each."""
    p = np.exp(log_softmax(out / temperature, axis=1))
    confidence, right = p.max(1), p.argmax(1) == _hard(y)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)

    def total(weights: np.ndarray | None) -> list[float]:
        return [round(float(v), 6) for v in np.bincount(place, weights, BINS)]

    return {"rows": total(None), "confidence": total(confidence), "right": total(right.astype(float))}


def calibration_error(bins: dict[str, list[float]]) -> float:
    """ECE of reliability bins: the mean over rows of |accuracy - confidence| of the row's bin."""
    gaps = [abs(right - sure) for right, sure in zip(bins["right"], bins["confidence"], strict=True)]
    return float(sum(gaps) / sum(bins["rows"]))


def macro_error(out: np.ndarray, y: np.ndarray) -> float:
    """1 - mean recall over the classes that the rows have: every class weighs the same."""
    truth = _hard(y)
    found = recall_score(truth, out.argmax(1), labels=np.unique(truth), average="macro", zero_division=0)
    return 1 - float(found)


def _likelihoods(values: np.ndarray, target: np.ndarray, kind: str, temperature: float) -> dict[str, float]:
    """What a temperature can change: nll, brier, and for classes from 1,000 rows on ece."""
    found = {
        "nll": _log_scores(values, target, kind, temperature),
        "brier": _brier(values, target, kind, temperature),
    }
    if kind == "class" and len(target) >= ECE_FROM:
        found["ece"] = calibration_error(reliability(values, target, temperature))
    return found


def scores(out: Tensor, y: Tensor, kind: str) -> dict[str, float]:
    """Every metric of outputs [n, ...] for targets [n, ...], by name.

    Raises:
        FloatingPointError: an output is infinite or NaN.
    """
    values, target = out.double().cpu().numpy(), y.cpu().numpy()
    bad = int((~np.isfinite(values)).any(axis=tuple(range(1, values.ndim))).sum())
    if bad:
        raise FloatingPointError(f"outputs of {bad} of {len(values)} rows are infinite or NaN")
    main = primary(out.cpu(), y.cpu(), kind)
    if kind == "regression":
        truth = target.astype(np.float64)
        found = {"rmse": main, "mae": float(mean_absolute_error(truth, values))}
        if len(truth) > 1:
            found["r2"] = float(r2_score(truth, values, multioutput="variance_weighted"))
        return found
    macro = {"macro_error": macro_error(values, target)} if kind == "class" else {}
    return {"error": main, **macro, **_likelihoods(values, target, kind, 1.0)}


def evaluate(
    out: Tensor, y: Tensor, kind: str, valid_out: Tensor | None = None, valid_y: Tensor | None = None
) -> dict[str, Any]:
    """Everything a record keeps of the test part.

    Args:
        out, y: [n, ...] of the test part; regression: in the target's units.
        valid_out, valid_y: of the validation part, for the temperature; None or empty: no temperature.

    Returns:
        "metrics": class and multilabel: error (1 - accuracy; multilabel: share of wrong labels), nll,
        brier; class: macro_error (1 - mean recall of the classes), and from 1,000 rows on ece (top label,
        15 bins); of nll, brier and ece also NAME_scaled, after temperature scaling; regression: rmse, mae, r2.
        "temperature": {"value", "at_bound"} or None; "reliability", "reliability_scaled": the bins, for
        classes, or None.

    Raises:
        FloatingPointError: an output is infinite or NaN.
    """
    found: dict[str, Any] = {
        "metrics": scores(out, y, kind),
        "temperature": None,
        "reliability": None,
        "reliability_scaled": None,
    }
    if kind == "regression":
        return found
    values, target = out.double().cpu().numpy(), y.cpu().numpy()
    if kind == "class":
        found["reliability"] = reliability(values, target)
    if valid_out is not None and valid_y is not None and len(valid_y):
        t = fit_temperature(valid_out.double().cpu().numpy(), valid_y.cpu().numpy(), kind)
        found["temperature"] = {"value": t, "at_bound": not TEMPERATURES[0] * 1.01 < t < TEMPERATURES[1] * 0.99}
        found["metrics"] |= {f"{k}_scaled": v for k, v in _likelihoods(values, target, kind, t).items()}
        if kind == "class":
            found["reliability_scaled"] = reliability(values, target, t)
    return found
