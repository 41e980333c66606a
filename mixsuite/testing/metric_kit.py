"""The conformance kit for metrics: score made-up predictions of each kind of target that a metric is for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from scipy.special import logit

from mixsuite.evaluation.metric import Metric, Predictions
from mixsuite.evaluation.score import score
from mixsuite.testing.findings import Finding

_ROWS = 60


def check_metric(metric: Metric) -> list[Finding]:
    """Check a metric on made-up predictions of every kind of target that it names.

    A ValueError, by which it says that there is no such number, is a problem only if it is raised everywhere.
    """
    found = [
        finding
        for name, predictions in _made_up()
        if predictions.kind in type(metric).kinds
        for finding in _look(metric, name, predictions)
    ]
    if any(finding.status == "ok" and finding.check == "scores" for finding in found):
        return found
    return [replace(finding, status="problem") for finding in found]


def _made_up() -> Iterator[tuple[str, Predictions]]:
    """Predictions that are right more often than not, for each kind of target."""
    draws = np.random.Generator(np.random.Philox(key=3))
    for count in (2, 10):
        y = draws.integers(0, count, _ROWS)
        y[:count] = np.arange(count)
        yield f"{count} classes", Predictions(draws.normal(size=(_ROWS, count)) + 2 * np.eye(count)[y], y, "class")
    labels = draws.integers(0, 2, (_ROWS, 4))
    yield "labels", Predictions(draws.normal(size=labels.shape) + 2 * labels - 1, labels, "multilabel")
    for shape in ((_ROWS,), (_ROWS, 2)):
        values = 3 + 5 * draws.normal(size=shape)
        yield f"values {list(shape)}", Predictions(values + draws.normal(size=shape), values, "regression")


def _perfect(p: Predictions) -> Predictions:
    """The same targets, predicted without a fault and with certainty."""
    if p.kind == "regression":
        return replace(p, out=p.y.copy())
    if p.kind == "multilabel":
        return replace(p, out=logit(np.where(p.y > 0, 1 - 1e-12, 1e-12)))
    return replace(p, out=60.0 * np.eye(p.out.shape[1])[p.y])


def _shuffled(p: Predictions) -> Predictions:
    """The same outputs for other rows' targets: predictions that are worth nothing."""
    return replace(p, out=np.roll(p.out, 7, axis=0))


def _look(metric: Metric, sample: str, predictions: Predictions) -> Iterator[Finding]:
    def judged(good: bool, name: str, tried: str, expected: str, seen: str) -> Finding:
        return Finding("ok" if good else "problem", name, sample, tried, expected, "" if good else seen)

    for array in (predictions.out, predictions.y):
        array.flags.writeable = False
    value, reason = _value(metric, predictions)
    scores = judged(value is not None, "scores", "predictions that are mostly right", "a finite number", reason)
    yield replace(scores, status="note") if reason.startswith("ValueError") else scores
    if value is None:
        return
    torch.rand(3), np.random.random(3), random.random()  # noqa: NPY002
    again, reason = _value(metric, predictions)
    yield judged(again == value, "draws nothing", "the same predictions twice", f"{value:.6g}", reason or f"{again}")
    order = np.random.Generator(np.random.Philox(key=4)).permutation(_ROWS)
    moved = replace(predictions, out=predictions.out[order], y=predictions.y[order])
    other, reason = _value(metric, moved)
    same = other is not None and bool(np.isclose(other, value, rtol=1e-9, atol=1e-12))
    yield judged(same, "no order of rows", "the rows in another order", f"{value:.6g}", reason or f"{other}")
    perfect, reason = _value(metric, _perfect(predictions))
    poor, _ = _value(metric, _shuffled(predictions))
    sign = 1 if type(metric).better == "higher" else -1
    if perfect is None:
        yield judged(False, "scores", "predictions without a fault", "a finite number", reason)
        return
    rises = sign * (perfect - value) >= -1e-9 and (poor is None or sign * (value - poor) >= 0)
    seen = f"{perfect:.6g} without a fault, {value:.6g} mostly right, {poor} at random"
    yield judged(rises, "direction is as declared", "better and worse predictions", type(metric).better, seen)
    optimum = type(metric).optimum
    if optimum is None:
        yield Finding("note", "optimum", sample, "optimum", "", "none: it cannot be a matrix's primary metric")
        return
    reached = bool(np.isclose(perfect, optimum, rtol=1e-6, atol=1e-6))
    yield judged(reached, "optimum is as declared", "predictions without a fault", f"{optimum:g}", f"{perfect:.6g}")


def _value(metric: Metric, predictions: Predictions) -> tuple[float | None, str]:
    """(the score, "") or (None, why there is none)."""
    found = score(metric, "value", predictions)
    return found["metrics"].get("value"), found["reason"]
