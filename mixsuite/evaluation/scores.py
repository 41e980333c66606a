"""The metrics that every run has. Further ones are plugins (``evaluation.metrics``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, log_softmax
from sklearn.metrics import mean_absolute_error, r2_score, recall_score
from torch import Tensor

from mixsuite.stats.primary import Primary

# Those that may be a matrix's primary metric, with the kinds of target that have them.
ALWAYS = {
    "error": (Primary("error"), ("class", "multilabel")),
    "macro_error": (Primary("macro_error"), ("class",)),
    "nll": (Primary("nll"), ("class", "multilabel")),
    "brier": (Primary("brier"), ("class", "multilabel")),
    "rmse": (Primary("rmse"), ("regression",)),
    "mae": (Primary("mae"), ("regression",)),
    "r2": (Primary("r2", "higher", 1.0), ("regression",)),
}
# Names that a further metric cannot have: those of a run's own numbers, and of the columns of tables.
TAKEN = frozenset(ALWAYS) | {
    "ece", "nll_scaled", "brier_scaled", "ece_scaled", "seconds", "steps", "rows_per_step", "peak_memory", "parameters",
    "rank", "method", "n", "mean", "std", "diff", "diff_low", "diff_high", "p", "p_holm", "verdict", "least_effect",
    "status", "pairs", "diff_low_new", "diff_high_new", "marks", "primary", "seconds_ratio", "peak_memory_ratio",
    "metric", "direction", "relative", "relative_low", "relative_high", "within_margin", "converged", "train_error",
    "stopped", "diff_low_repeated", "diff_high_repeated",
}  # fmt: skip
LARGEST = 1e150  # squares of larger numbers are infinite
BINS = 15
ECE_FROM = 1_000  # test rows; with fewer, a perfectly calibrated model shows a large ECE by chance alone
TEMPERATURES = (0.05, 20.0)  # bounds of the fitted temperature
TEMPERATURE_FROM = 200  # validation rows; fitted on fewer, a temperature may make the likelihood worse


def error_or_rmse(out: Tensor, y: Tensor, kind: str) -> float:
    """The error, or for regression the RMSE, of outputs [n, ...] for targets [n, ...], in the units that they have."""
    values, target = out.double().numpy(), y.numpy()
    if kind == "regression":
        return float(np.sqrt(np.mean((values - target) ** 2)))
    if kind == "multilabel":
        return float(np.mean((values > 0) != (target > 0.5)))
    return float(np.mean(values.argmax(1) != hard_classes(target)))


def hard_classes(y: np.ndarray) -> np.ndarray:
    """The class of each row, of targets [n] or one-hot ones [n, C]."""
    return y if y.ndim == 1 else y.argmax(1)


def nll_of_rows(out: np.ndarray, y: np.ndarray, kind: str, temperature: float = 1.0) -> np.ndarray:
    """The negative log likelihood of each row [n], or of each row's labels [n, L], at a temperature."""
    scaled = out / temperature
    if kind == "multilabel":
        return np.asarray(-(y * log_expit(scaled) + (1 - y) * log_expit(-scaled)))
    return np.asarray(-log_softmax(scaled, axis=1)[np.arange(len(y)), hard_classes(y)])


def brier_of_rows(out: np.ndarray, y: np.ndarray, kind: str, temperature: float = 1.0) -> np.ndarray:
    """The squared probability error of each row [n], summed over classes, or of each row's labels [n, L]."""
    scaled = out / temperature
    if kind == "multilabel":
        return np.asarray((expit(scaled) - y) ** 2)
    p = np.exp(log_softmax(scaled, axis=1))
    p[np.arange(len(y)), hard_classes(y)] -= 1
    return np.asarray((p**2).sum(1))


def fit_temperature(out: np.ndarray, y: np.ndarray, kind: str) -> float:
    """The temperature in [0.05, 20] with the least negative log likelihood for outputs [n, C] or [n, L]."""
    low, high = np.log(TEMPERATURES)
    optimum = minimize_scalar(
        lambda t: float(np.mean(nll_of_rows(out, y, kind, float(np.exp(t))))), bounds=(low, high), method="bounded"
    )
    return float(np.exp(optimum.x))


def reliability(out: np.ndarray, y: np.ndarray, temperature: float = 1.0) -> dict[str, list[float]]:
    """15 equal-width bins of top-label confidence: the rows, summed confidence and right answers in each."""
    p = np.exp(log_softmax(out / temperature, axis=1))
    confidence, right = p.max(1), p.argmax(1) == hard_classes(y)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)

    def total(weights: np.ndarray | None) -> list[float]:
        return [round(float(v), 6) for v in np.bincount(place, weights, BINS)]

    return {"rows": total(None), "confidence": total(confidence), "right": total(right.astype(float))}


def calibration_error(bins: dict[str, list[float]]) -> float:
    """The ECE of reliability bins: the mean over rows of |accuracy - confidence| in the row's bin."""
    gaps = [abs(right - sure) for right, sure in zip(bins["right"], bins["confidence"], strict=True)]
    return float(sum(gaps) / sum(bins["rows"]))


def macro_error(out: np.ndarray, y: np.ndarray) -> float:
    """1 - the mean recall over the classes that occur in the rows: every class has the same weight."""
    truth = hard_classes(y)
    recall = recall_score(truth, out.argmax(1), labels=np.unique(truth), average="macro", zero_division=0)
    return 1 - float(recall)


def _likelihoods(values: np.ndarray, target: np.ndarray, kind: str, temperature: float) -> dict[str, float]:
    """The metrics that a temperature can change: nll, brier and, for classes from 1,000 rows on, ece."""
    metrics = {
        "nll": float(np.mean(nll_of_rows(values, target, kind, temperature))),
        "brier": float(np.mean(brier_of_rows(values, target, kind, temperature))),
    }
    if kind == "class" and len(target) >= ECE_FROM:
        metrics["ece"] = calibration_error(reliability(values, target, temperature))
    return metrics


def scores(out: Tensor, y: Tensor, kind: str) -> dict[str, float]:
    """Every metric of outputs [n, ...] for targets [n, ...], by name.

    Raises:
        FloatingPointError: an output is infinite or NaN.
    """
    values, target = out.double().cpu().numpy(), y.cpu().numpy()
    bad = int((~np.isfinite(values)).any(axis=tuple(range(1, values.ndim))).sum())
    if bad:
        raise FloatingPointError(f"outputs of {bad} of {len(values)} rows are infinite or NaN")
    main = error_or_rmse(out.cpu(), y.cpu(), kind)
    if kind == "regression":
        truth = target.astype(np.float64)
        metrics = {"rmse": main, "mae": float(mean_absolute_error(truth, values))}
        if len(truth) > 1:
            metrics["r2"] = float(r2_score(truth, values, multioutput="variance_weighted"))
        return metrics
    macro = {"macro_error": macro_error(values, target)} if kind == "class" else {}
    return {"error": main, **macro, **_likelihoods(values, target, kind, 1.0)}


def evaluate(
    out: Tensor, y: Tensor, kind: str, valid_out: Tensor | None = None, valid_y: Tensor | None = None
) -> dict[str, Any]:
    """Evaluate a model on the test part, for the run's record.

    Args:
        out: [n, ...] outputs on the test part; for regression in the target's units.
        y: [n, ...] targets of the test part, in the same units.
        kind: "class" | "multilabel" | "regression".
        valid_out: [m, ...] outputs on the validation part, for the temperature; None: no temperature.
        valid_y: [m, ...] targets of the validation part; None, or fewer than 200: no temperature.

    Returns:
        "metrics": for class and multilabel error (1 - accuracy; multilabel: share of wrong labels), nll and brier;
        for class also macro_error (1 - mean recall of the classes) and, from 1,000 rows on, ece (top label, 15 bins);
        nll, brier and ece also as NAME_scaled, after temperature scaling; for regression rmse, mae and r2.
        "temperature": {"value", "at_bound"} or None. "reliability", "reliability_scaled": the bins for classes, or
        None.

    Raises:
        FloatingPointError: an output is infinite or NaN.
    """
    result: dict[str, Any] = {
        "metrics": scores(out, y, kind),
        "temperature": None,
        "reliability": None,
        "reliability_scaled": None,
    }
    if kind == "regression":
        return result
    values, target = out.double().cpu().numpy(), y.cpu().numpy()
    if kind == "class":
        result["reliability"] = reliability(values, target)
    if valid_out is not None and valid_y is not None and len(valid_y) >= TEMPERATURE_FROM:
        t = fit_temperature(valid_out.double().cpu().numpy(), valid_y.cpu().numpy(), kind)
        result["temperature"] = {"value": t, "at_bound": not TEMPERATURES[0] * 1.01 < t < TEMPERATURES[1] * 0.99}
        result["metrics"] |= {f"{k}_scaled": v for k, v in _likelihoods(values, target, kind, t).items()}
        if kind == "class":
            result["reliability_scaled"] = reliability(values, target, t)
    return result
