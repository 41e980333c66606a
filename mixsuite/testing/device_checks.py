"""Check what makes a method fast: half precision, no waiting for the device, no recompilation, stacking."""

from __future__ import annotations

import contextlib
import inspect
import logging
import traceback
from collections.abc import Iterator
from operator import methodcaller
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mixsuite.mixing import Method, Tail
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.plan import join
from mixsuite.mixing.rng import Rng
from mixsuite.testing.findings import Finding
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import STEPS, Trial, judged, leaves_of, map_leaves


def half_precision(trial: Trial) -> Iterator[Finding]:
    """Check that float16 and bfloat16 states keep their type and are mixed as float32 ones, up to rounding."""
    plan = trial.plan()
    wide = leaves_of(trial.method.mix(trial.state(ROWS), plan))
    for dtype in (torch.float16, torch.bfloat16):
        low = leaves_of(trial.method.mix(map_leaves(methodcaller("to", dtype), trial.state(ROWS)), plan))
        same_dtype = all(leaf.dtype == dtype for leaf in low)
        gap = max(float((a.float() - b).abs().max()) for a, b in zip(low, wide, strict=True))
        yield judged(
            trial,
            "half precision",
            same_dtype and gap < 0.1,
            f"mix() of {dtype} states",
            f"{dtype}, as float32 up to rounding",
            f"{low[0].dtype}, off by {gap:.3g}",
            "mix",
        )
    if type(trial.method).objective is not Method.objective:
        yield from _half_precision_objective(trial)


def _half_precision_objective(trial: Trial) -> Iterator[Finding]:
    """Check that an objective takes outputs in bfloat16, which is what a net gives under autocast."""
    batch, plan = trial.batch(ROWS, STEPS - 1), trial.plan(step=STEPS - 1)

    def value(tail: Tail) -> Tensor:
        state = map_leaves(lambda leaf: leaf.requires_grad_(), trial.state(ROWS, STEPS - 1))
        return step_loss(trial.method, tail, state, batch, plan, trial.loss).detach()

    wide = value(trial.tail())
    low = value(Tail(lambda h: trial.net(h).to(torch.bfloat16), trial.net))
    near = bool((low - wide).abs() <= 0.1 * (1 + wide.abs()))
    yield judged(
        trial, "half precision", near, "objective() with outputs in bfloat16", f"{float(wide):.4g} up to rounding",
        f"{float(low):.4g}", "objective",
    )  # fmt: skip


_SYNCS = {"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__", "nonzero", "cpu", "unique"}


class _Syncs(TorchFunctionMode):
    """Record calls for which the host waits for the device, with the lines that make them."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in _SYNCS:
            lines = [f for f in traceback.extract_stack() if f.filename == self.path]
            if lines:
                self.found.append(f"{name} in line {lines[-1].lineno}")
        return func(*args, **(kwargs or {}))


def no_host_sync(trial: Trial) -> Iterator[Finding]:
    """Check that plan, mix and objective never wait for the device: no .item(), .tolist(), bool(tensor) or the like."""
    path = inspect.getsourcefile(type(trial.method)) or ""
    watch = _Syncs(path)
    state = trial.state(ROWS)
    with watch:
        batch = trial.batch(ROWS)
        plan = trial.plan_of(batch, Rng(0, ROWS).at(0))
        with contextlib.suppress(Exception):  # another check covers the objective
            step_loss(trial.method, trial.tail(), state, batch, plan, trial.loss)
    calls = ", ".join(dict.fromkeys(watch.found)) or "none"
    if not type(trial.method).vectorised:
        yield Finding(
            "note", "no host sync", trial.name, "plan, mix, objective", "vectorised = False: not judged", calls
        )
    else:
        yield judged(
            trial,
            "no host sync",
            not watch.found,
            "plan, mix and objective",
            "no call for which the host waits for the device",
            calls,
        )


def no_recompile(trial: Trial) -> Iterator[Finding]:
    """Check that mix() is compiled once and serves every lambda."""
    count = 0

    def backend(graph: Any, _: Any) -> Any:
        nonlocal count
        count += 1
        return graph.forward

    torch._dynamo.reset()
    state, counts = trial.state(ROWS), []
    logging.disable(logging.CRITICAL)  # the finding below says it in one line
    try:
        compiled = torch.compile(trial.method.mix, backend=backend, dynamic=False)
        for step in range(4):
            compiled(state, trial.plan(step=step))
            counts.append(count)
    finally:
        logging.disable(logging.NOTSET)
        torch._dynamo.reset()
    yield judged(
        trial,
        "no recompile when lambda changes",
        counts[0] == counts[-1],
        "mix() compiled, four steps",
        "what the first step compiled serves all",
        f"compiled {counts[-1]} graphs, {counts[0]} at the first step",
        "mix",
    )


def stacks(trial: Trial) -> Iterator[Finding]:
    """Check that seeds can be trained side by side, or that the method declares stackable = False.

    Plans of all seeds must have one shape, and the objective of two runs' rows together must equal that of each run
    alone.
    """
    if not trial.method.stackable:
        yield Finding("note", "stackable", trial.name, "stackable is False", "not judged", "declared")
        return
    shapes = {
        tuple((name, None if v is None else (tuple(v.shape), v.dtype)) for name, v in plan.tensors().items())
        for plan in (trial.plan(seed=seed, step=step) for seed, step in ((0, 0), (0, 9), (1, 0)))
    }
    alike, tried = len(shapes) == 1, "plans of two seeds and two steps"
    yield judged(trial, "stackable", alike, tried, "one shape (or stackable = False)", f"{len(shapes)} shapes")
    if not alike:
        return
    late = STEPS - 1  # what grows along a training counts there
    plans, batch, tail = [trial.plan(seed=seed, step=late) for seed in (0, 1)], trial.batch(ROWS, late), trial.tail()
    alone = [step_loss(trial.method, tail, trial.state(ROWS), batch, plan, trial.loss) for plan in plans]
    both = batch._replace(y=torch.cat([batch.y, batch.y]), x=None, stats={}, runs=2)
    twice = map_leaves(lambda leaf: torch.cat([leaf, leaf]), trial.state(ROWS))
    together = step_loss(trial.method, tail, twice, both, join(plans, ROWS), trial.loss)
    yield judged(
        trial,
        "stackable",
        together.shape == (2,) and torch.allclose(together, torch.stack(alone), rtol=1e-4, atol=1e-6),
        "the objective of two runs' rows, one after another",
        f"one value a run, {[round(float(v), 5) for v in alone]} (or stackable = False)",
        f"{[round(v, 5) for v in together.flatten().tolist()]}",
        "objective" if type(trial.method).objective is not Method.objective else "mix",
    )
