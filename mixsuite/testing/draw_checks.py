"""Check draws and side effects: a method draws from rng alone, depends on the seed alone, and writes to nothing."""

from __future__ import annotations

import contextlib
import random
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mixsuite.mixing import Batch, Plan
from mixsuite.mixing.engine import State, step_loss
from mixsuite.mixing.rng import Rng
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import STEPS, Trial, judged, leaves_of, own_files, same_tensors, tensors_of

_STEP = STEPS // 2  # what grows along a training counts there


def _value(trial: Trial, batch: Batch, plan: Plan, state: State) -> Tensor | None:
    """The objective of a step; None if it raises, which another check tells."""
    with contextlib.suppress(Exception):
        return step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss).detach()
    return None


def inputs_stay(trial: Trial) -> Iterator[Finding]:
    """Check that the method does not write to its inputs."""
    train = trial.train
    trial.method.prepare(train)
    state, batch = trial.state(ROWS, _STEP), trial.batch(ROWS, _STEP)
    inputs = {"the state": leaves_of(state), "y": (batch.y,), "stats": tuple(batch.stats.values())}
    if batch.x is not None:
        inputs["x"] = leaves_of(batch.x)
    before = {name: [t.clone() for t in tensors] for name, tensors in inputs.items()}
    plan = trial.plan_of(batch, Rng(0, ROWS).at(_STEP))
    inputs["the plan"] = tuple(t for t in tensors_of(plan) if t is not None)
    before["the plan"] = [t.clone() for t in inputs["the plan"]]
    _value(trial, batch, plan, state)
    changed = [n for n, tensors in inputs.items() if not all(map(torch.equal, tensors, before[n]))]
    yield judged(
        trial,
        "inputs are not written to",
        not changed,
        "plan() and objective()",
        "the state, y, x, stats and the plan as before",
        f"changed: {', '.join(changed)}",
    )
    fresh = trial.train
    stays = torch.equal(train.y, fresh.y) and all(map(torch.equal, leaves_of(train.x), leaves_of(fresh.x)))
    yield judged(
        trial,
        "inputs are not written to",
        stays,
        "prepare()",
        "the training part as before",
        "x or y changed",
        "prepare",
    )


def global_state() -> tuple[Any, ...]:
    """The states of torch's, numpy's and Python's global generators."""
    return torch.random.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()  # noqa: NPY002


@contextlib.contextmanager
def under_a_global_seed(seed: int) -> Iterator[None]:
    """Seed all global generators, and set them back at the end."""
    saved = torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        yield
    finally:
        torch.random.set_rng_state(saved[0])
        np.random.set_state(saved[1])  # noqa: NPY002
        random.setstate(saved[2])


_DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson", "binomial",
          "rand_like", "randn_like", "randint_like", "normal_", "uniform_", "bernoulli_", "exponential_", "random_",
          "geometric_", "log_normal_", "cauchy_", "dropout", "alpha_dropout", "feature_dropout", "gumbel_softmax",
          "_sample_dirichlet", "_standard_gamma"}  # fmt: skip


class _Draws(TorchFunctionMode):
    """Record torch's own draws in a method's files, with the lines that make them."""

    def __init__(self, files: set[str | None]) -> None:
        super().__init__()
        self.files, self.found = files, set[str]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in _DRAWS:
            lines = [f for f in traceback.extract_stack() if f.filename in self.files]
            self.found |= {f"{name} in line {lines[-1].lineno}"} if lines else set()
        return func(*args, **(kwargs or {}))


def no_global_generator(trial: Trial) -> Iterator[Finding]:
    """Check that the method draws from rng alone: torch's, numpy's and Python's generators are not looked at."""
    outcomes: list[list[Tensor | None]] = []
    changed, watch = False, _Draws(own_files(type(trial.method)))
    for seed in (1, 2):
        with under_a_global_seed(seed), watch:
            before = global_state()
            batch = trial.batch(ROWS, _STEP)
            plan = trial.plan_of(batch, Rng(0, ROWS).at(_STEP))
            mixed = trial.method.mix(trial.state(ROWS, _STEP), plan)
            value = _value(trial, batch, plan, trial.state(ROWS, _STEP))
            outcomes.append([*tensors_of(plan), *leaves_of(mixed), value])
            changed = changed or before != global_state()
    expected = "draws from rng alone"
    yield judged(
        trial,
        "no global generator is read",
        same_tensors(*outcomes),
        "a step under two global seeds",
        expected,
        "another plan, mixed state or objective",
    )
    yield judged(
        trial,
        "no global generator is changed",
        not changed,
        "global generators before and after",
        expected,
        "another state",
    )
    seen = ", ".join(sorted(watch.found))
    yield judged(trial, "no draws but rng's", not watch.found, "more_rows, plan, mix and objective", expected, seen)


def a_function_of_its_seed(trial: Trial) -> Iterator[Finding]:
    """Check that the same seed and step give the same bytes, whatever was done before."""

    def seen(rng: Rng) -> list[Tensor | None]:
        batch = trial.batch(ROWS, 5)
        plan = trial.plan_of(batch, rng.at(5))
        return [trial.rows(ROWS, 5), *tensors_of(plan), _value(trial, batch, plan, trial.state(ROWS, 5))]

    alone, rng = seen(Rng(0, ROWS)), Rng(0, ROWS)
    for step in range(5):
        batch = trial.batch(ROWS, step)
        _value(trial, batch, trial.plan_of(batch, rng.at(step)), trial.state(ROWS, step))
    yield judged(
        trial,
        "same seed, same bytes",
        same_tensors(alone, seen(rng)),
        "step 5 alone, and after steps 0 to 4",
        "the same rows from outside, plan and objective",
        "others",
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
