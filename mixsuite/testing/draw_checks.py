"""Check draws and side effects: a method draws from rng alone, depends on the seed alone, and writes to nothing."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.rng import Rng
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import Trial, judged, leaves_of, same_tensors, tensors_of


def inputs_stay(trial: Trial) -> Iterator[Finding]:
    """Check that the method does not write to its inputs."""
    state, batch = trial.state(ROWS), trial.batch(ROWS)
    inputs = {"the state": leaves_of(state), "y": (batch.y,), "stats": tuple(batch.stats.values())}
    if batch.x is not None:
        inputs["x"] = leaves_of(batch.x)
    before = {name: [t.clone() for t in tensors] for name, tensors in inputs.items()}
    plan = trial.plan_of(batch, Rng(0, ROWS).at(0))
    with contextlib.suppress(Exception):  # another check covers the objective
        step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss)
    changed = [n for n, tensors in inputs.items() if not all(map(torch.equal, tensors, before[n]))]
    yield judged(
        trial,
        "inputs are not written to",
        not changed,
        "plan() and objective()",
        "the state, y, x and stats as before",
        f"changed: {', '.join(changed)}",
    )


def _global_state() -> tuple[Any, ...]:
    return torch.random.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()  # noqa: NPY002


def no_global_generator(trial: Trial) -> Iterator[Finding]:
    """Check that torch's, numpy's and Python's global generators are neither read nor changed."""
    saved = torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        plans, changed = [], False
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            before = _global_state()
            plan = trial.plan_of(trial.batch(ROWS, 3), Rng(0, ROWS).at(3))
            mixed = trial.method.mix(trial.state(ROWS, 3), plan)
            plans.append([*tensors_of(plan), *leaves_of(mixed)])
            changed = changed or before != _global_state()
    finally:
        torch.random.set_rng_state(saved[0])
        np.random.set_state(saved[1])  # noqa: NPY002
        random.setstate(saved[2])
    expected = "draws from rng alone"
    yield judged(
        trial,
        "no global generator is read",
        same_tensors(*plans),
        "the same plan under two global seeds",
        expected,
        "two plans",
    )
    yield judged(
        trial,
        "no global generator is changed",
        not changed,
        "global generators before and after",
        expected,
        "another state",
    )


def a_function_of_its_seed(trial: Trial) -> Iterator[Finding]:
    """Check that the same seed and step give the same bytes, whatever was planned before."""
    alone = trial.plan_of(trial.batch(ROWS), Rng(0, ROWS).at(5))
    rng = Rng(0, ROWS)
    for step in range(5):
        trial.plan_of(trial.batch(ROWS), rng.at(step))
    later = trial.plan_of(trial.batch(ROWS), rng.at(5))
    yield judged(
        trial,
        "same seed, same bytes",
        same_tensors(tensors_of(alone), tensors_of(later)),
        "step 5 alone, and after steps 0 to 4",
        "the same plan",
        "two plans",
    )


def others_draw_the_same(trial: Trial) -> Iterator[Finding]:
    """Check that a plan's draws do not change what the next user of the same step draws."""
    rng = Rng(0, ROWS)
    fresh = Rng(0, ROWS).at(4)
    trial.plan_of(trial.batch(ROWS), rng.at(4))
    rng.at(4)
    same = torch.equal(rng.beta(1, 1, ROWS), fresh.beta(1, 1, ROWS)) and torch.equal(
        rng.permutation(ROWS), fresh.permutation(ROWS)
    )
    yield judged(
        trial,
        "others draw the same",
        same,
        "lambda and partners of a step, after this method's plan",
        "what mixup draws without it",
        "other draws",
    )
