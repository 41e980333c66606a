"""Measure a trained model with a probe."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import State, first_leaf, take_rows
from mixsuite.evaluation.base import Measurement, Probe, Rows
from mixsuite.evaluation.numbers import numbers_of
from mixsuite.evaluation.scores import scores
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import Rng
from mixsuite.models.base import Staged
from mixsuite.plugins.entry import plain_name
from mixsuite.training.predict import BATCH

KEPT = ("error", "rmse", "nll")


def measure(probe: Probe, name: str, model: Staged, data: Data, domain: str, seed: int) -> dict[str, Any]:
    """Apply a probe to a trained model, for the run's record.

    Args:
        probe: the probe.
        name: its name in records.
        model: the trained model.
        data: the task's data.
        domain: the domain's name.
        seed: the run's seed.

    Returns:
        "metrics": those of KEPT, or the numbers of a measurement, as NAME@PROBE. "status": ok; skipped if the probe
        does not apply; failed if it raised or gave no finite number, which costs the run these metrics only.
        "reason": why, or "".
    """
    names = [plain_name(name) for name in type(probe).domains]
    if names and domain not in names:
        reason = f"made for {', '.join(names)}, not for {domain}"
        return {"metrics": {}, "status": "skipped", "reason": reason}
    measured = _measured if isinstance(probe, Measurement) else _scored
    return numbers_of(lambda: measured(probe, model, data, seed), f"@{name}")


def _scored(probe: Probe, model: Staged, data: Data, seed: int) -> dict[str, float]:
    """The error or the RMSE and the likelihood on the disturbed test rows."""
    found = scores_in_units(disturbed_outputs(probe, model, data, seed), data.test.y, data)
    return {k: v for k, v in found.items() if k in KEPT}


def scores_in_units(out: Tensor, y: Tensor, data: Data) -> dict[str, float]:
    """Every metric of outputs and targets as trained, for regression in the target's units.

    Raises:
        FloatingPointError: an output is infinite or NaN.
    """
    if data.kind == "regression":
        out, y = data.unscaled(out), data.unscaled(y)
    return scores(out, y, data.kind)


def error_in_units(out: Tensor, y: Tensor, data: Data) -> float:
    """The error of outputs, or for regression the RMSE; raises as ``scores_in_units``."""
    return scores_in_units(out, y, data)["rmse" if data.kind == "regression" else "error"]


def _measured(probe: Any, model: Staged, data: Data, seed: int) -> dict[str, float]:
    leaf = first_leaf(data.test.x)
    training = model.training
    model.eval()
    try:
        numbers: dict[str, float] = probe.measure(model, data, Rng(seed, BATCH, leaf.device, leaf.dtype).at(0))
        return numbers
    finally:
        model.train(training)


def disturbed_outputs(probe: Probe, model: Staged, data: Data, seed: int) -> Tensor:
    """The model's outputs [n, outputs] for the disturbed test part, in its order."""
    leaf = first_leaf(data.test.x)
    rng, train = Rng(seed, BATCH, leaf.device, leaf.dtype), data.shown().train.x
    loss_of_rows = LOSSES[data.kind]
    training = model.training
    model.eval()
    outputs = []
    try:
        for number, chunk in enumerate(torch.arange(len(data.test), device=leaf.device).split(BATCH)):
            y = data.test.y[chunk]

            def loss(x: State, y: Tensor = y) -> Tensor:
                return loss_of_rows(model(x), y).sum()

            rows = Rows(y, train, data.groups, data.numbers, loss, rng.at(number))
            x = probe.disturb(take_rows(data.test.x, chunk), rows)
            with torch.no_grad():
                outputs.append(model(x))
    finally:
        model.train(training)
    out = torch.cat(outputs)
    return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out
