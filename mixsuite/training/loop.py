"""The readable reference: one run after another, in one straight loop."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from mixsuite.data.digest import digest
from mixsuite.data.state import State, num_rows
from mixsuite.mixing import Batch, Method, Plan, Tail
from mixsuite.mixing.engine import step_loss, two_term_loss
from mixsuite.mixing.inside import run_mixed
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import torch_seed
from mixsuite.models.base import Staged
from mixsuite.training.batches import BatchSource
from mixsuite.training.built_in import optimizer_of, schedule_of
from mixsuite.training.job import Job, TrainResult, check_applies, task_info
from mixsuite.training.memory import reset_peak
from mixsuite.training.run_log import BestCheckpoint, RunLog, fitted
from mixsuite.training.schedule import learning_rates

_Seen = tuple[State, Batch, Plan | None, str]  # a step's rows, batch, plan and site


def fit(jobs: Sequence[Job]) -> list[TrainResult | Exception]:
    """Train each job. A result depends on its job alone.

    Returns:
        For each job its result, or the error that ended it: SkipRun (the method does not apply to the task),
        InputError (the recipe does not fit the data), Diverged, or whatever its method raised.
    """
    results: list[TrainResult | Exception] = []
    for job in jobs:
        try:
            results.append(train(job))
        except Exception as error:
            results.append(error)
    return results


def train(job: Job) -> TrainResult:
    """Train one job.

    Raises:
        SkipRun: the method does not apply to the task.
        InputError: the recipe does not fit the data.
        Diverged: the loss or the weights became infinite or NaN.
        Exception: whatever the method raises.
    """
    info = task_info(job)
    check_applies(job, info)
    model, method, recipe, steps = job.model, job.method, job.recipe, job.steps
    loss_of_rows = LOSSES[job.data.kind]
    init = digest(*model.state_dict().values())

    feed, log, best = BatchSource(job, info), RunLog(job), BestCheckpoint(job)
    optimizer = optimizer_of(job).steps(dict(model.named_parameters()), recipe)
    rates = learning_rates(recipe, schedule_of(job), steps)
    rows_seen, losses = 0, list[Tensor]()
    model.train()
    reset_peak(feed.device)
    started = time.perf_counter()
    with _seeds_of_draws(model.draws, job.seed) as reseed:
        for step in range(steps):
            job.beat()
            reseed(step)
            site = feed.sites[step]
            tail = Tail(partial(model, start=model.sites.get(site, 0)), model)
            with autocast(recipe.precision, feed.device):
                x, batch = feed.batch(step)
                plan = None
                if method.active(step, steps):
                    x, batch = feed.with_more(step, x, batch)
                    plan = feed.plan(step, batch)
                log.note(step, site, plan, batch)

            def differentiate(step: int = step, seen: _Seen = (x, batch, plan, site), tail: Tail = tail) -> Tensor:
                x, batch, plan, site = seen
                reseed(step)
                with autocast(recipe.precision, feed.device):
                    if plan is not None and site in model.inner:
                        out = _mixed_inside(model, site, tail, x, method, plan)
                        objective = two_term_loss(out, batch, plan, loss_of_rows)
                    else:
                        h = model(x, feed.first_stage, model.sites.get(site, 0))
                        objective = step_loss(method, tail, h, batch, plan, loss_of_rows)
                objective.backward()
                return objective

            objective = optimizer.step(rates[step], differentiate)
            rows_seen += tail.rows
            if feed.memory is not None:
                method.remember(batch, model)
            losses.append(objective.detach())
            if step in log.ends:
                log.point(step, float(torch.stack(losses).mean()))
                losses = []
            if step in best.ends:
                log.points[-1]["valid"] = best.look()
    wait(feed.device)
    return fitted(feed, log, best, init, time.perf_counter() - started, rows_seen, "loop")


def _mixed_inside(model: Staged, site: str, tail: Tail, x: State, method: Method, plan: Plan) -> Tensor:
    """The outputs, with the rows mixed where they enter a submodule."""

    def mix(h: Tensor) -> Tensor:
        mixed = method.mix(h, plan)
        assert isinstance(mixed, Tensor)
        return mixed

    out: Tensor = run_mixed(site, model.get_submodule(model.inner[site]), num_rows(x), mix, lambda: tail(x))  # type: ignore[arg-type]
    return out


def wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Half precision if the recipe asks for it. Enter it anew at every step: it caches the weights that it cast."""
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def _seeds_of_draws(draws: bool, seed: int) -> Iterator[Callable[[int], None]]:
    """Fork torch's own generator, from which dropout draws, and reseed it at every step.

    So all methods see the same masks. For a model that draws nothing, no generator is touched.
    """
    if not draws:
        yield lambda step: None
        return
    first = torch_seed(seed, "dropout")
    with torch.random.fork_rng():

        def reseed(step: int) -> None:
            torch.manual_seed((first + step) % 2**63)

        yield reseed
