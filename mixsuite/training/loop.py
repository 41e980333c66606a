"""The readable reference: one run after another, in one straight loop."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from mixsuite.data.digest import digest
from mixsuite.data.state import State, num_rows
from mixsuite.mixing import Batch, Method, Plan, Tail
from mixsuite.mixing.engine import step_loss, two_term_loss
from mixsuite.mixing.inside import run_mixed
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.rng import torch_seed
from mixsuite.models.base import Staged
from mixsuite.training.ahead import Drawn, PlansAhead
from mixsuite.training.batches import BatchSource, StepInputs
from mixsuite.training.built_in import optimizer_of, schedule_of
from mixsuite.training.captured import Captured, CudaRecord, can_be_captured, own_stream
from mixsuite.training.checkpoint import Kept, Part
from mixsuite.training.job import Job, TrainResult, check_applies, shared, task_info
from mixsuite.training.memory import reset_peak
from mixsuite.training.optimizer import Steps
from mixsuite.training.run_log import BestCheckpoint, Means, RunLog, fitted
from mixsuite.training.schedule import learning_rates


def fit(jobs: Sequence[Job]) -> list[TrainResult | Exception]:
    """Train each job. A result depends on its job alone.

    Returns:
        For each job its result, or the error that ended it: SkipRun (the method does not apply to the task),
        InputError (the recipe does not fit the data), Diverged, Stopped, or whatever its method raised.
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
        Stopped: its time is up; its checkpoint is written.
        Exception: whatever the method raises.
    """
    info = task_info(job)
    check_applies(job, info)
    weights, init = dict(job.model.named_parameters()), digest(*job.model.state_dict().values())
    whole = shared(job)
    with closing(BatchSource(whole, info)) as feed:
        result = _train(whole, feed, weights, init)
    devices = {} if job.ranks is None else {"devices": job.ranks.world}
    return replace(result, model=job.model, executor=result.executor | devices)


def _train(job: Job, feed: BatchSource, weights: dict[str, nn.Parameter], init: str) -> TrainResult:
    """Make the steps of a job.

    Args:
        job: its model's calls share their rows among ranks, if there are any.
        feed: its batches.
        weights: of the model, by the names that they have where no rows are shared.
        init: the digest of the initial weights.
    """
    model, recipe, steps = job.model, job.recipe, job.steps
    log, best = RunLog(job), BestCheckpoint(job)
    optimizer = optimizer_of(job).steps(weights, recipe)
    rates = learning_rates(recipe, schedule_of(job), steps)
    means = Means(log.ends, feed.device)
    model.train()
    reset_peak(feed.device)
    with _seeds_of_draws(model.draws, job.seed) as reseed, own_stream(feed.device):
        run = _Run(job, feed, log, reseed)
        kept = Kept(job.checkpoint, _parts(run, optimizer, means, best), feed.device)
        for _ in range(kept.begun):
            job.beat()  # steps that were made before it was stopped
        for step in range(kept.begun, steps):
            kept.at(step, log.link)
            job.beat()
            objective = optimizer.step(rates[step], run.drawn(step))
            run.remember()
            for end, mean in means.add(step, objective, step in best.ends).items():
                log.point(end, mean)
            if step in best.ends:
                log.points[-1]["valid"] = best.look()
    wait(feed.device)
    return fitted(feed, log, best, init, kept.seconds, run.rows_seen, "loop")


def _parts(run: _Run, optimizer: Steps, means: Means, best: BestCheckpoint) -> dict[str, Part]:
    """What a run's checkpoint holds."""
    memory = {} if run.feed.memory is None else {"memory": run.feed.memory}
    own: dict[str, Part] = {"model": run.job.model, "optimizer": optimizer, "log": run.log, "means": means}
    return own | {"best": best, "run": run} | memory


class _Run:
    """The steps of a run: what each of them draws, and the objective that it differentiates.

    rows_seen: number of rows that have entered the last stage.
    """

    def __init__(self, job: Job, feed: BatchSource, log: RunLog, reseed: Callable[[int], None]) -> None:
        self.job, self.feed, self.log, self.reseed = job, feed, log, reseed
        self.loss_of_rows, self.rows_seen = LOSSES[job.data.kind], 0
        self._plans = PlansAhead(partial(_draw_ahead, feed, log), job.steps, feed.device)
        self._captured = Captured(job.model.parameters(), CudaRecord()) if can_be_captured(feed) else None
        self._batch: Batch | None = None  # of the last step, for the method's memory

    def drawn(self, step: int) -> Callable[[], Tensor]:
        """Draw a step, and return what puts its gradients beside the weights and returns its objective."""
        self.reseed(step)
        with autocast(self.job.recipe.precision, self.feed.device):
            work = self._drawn_ahead(step) if self.feed.ahead else self._drawn_now(step)

        def differentiate() -> Tensor:
            self.reseed(step)
            objective, rows = work()
            self.rows_seen += rows
            return objective

        return differentiate

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows_seen}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on from a state."""
        self.rows_seen = state["rows"]

    def remember(self) -> None:
        """Let the method remember a step whose weights have moved."""
        if self.feed.memory is not None and self._batch is not None:
            self.job.method.remember(self._batch, self.job.model)

    def _drawn_ahead(self, step: int) -> Callable[[], tuple[Tensor, int]]:
        inputs = self.feed.inputs(step, self._plans.at(step))

        def compute(inputs: StepInputs) -> tuple[Tensor, int]:
            plan = inputs.plans[0] if inputs.plans else None
            return self._differentiated(step, *self.feed.opened(step, inputs), plan)

        if self._captured is None:
            return lambda: compute(inputs)
        kind = (self.feed.sites[step], step % self.job.method.repeat_batch)
        return partial(self._captured.step, kind, inputs, compute)

    def _drawn_now(self, step: int) -> Callable[[], tuple[Tensor, int]]:
        x, batch = self.feed.batch(step)
        plan = None
        if self.job.method.active(step, self.job.steps):
            x, batch = self.feed.with_more(step, x, batch)
            plan = self.feed.plan(step, batch)
        self.log.note(step, self.feed.sites[step], plan, batch)
        self._batch = batch
        return partial(self._differentiated, step, x, batch, plan)

    def _differentiated(self, step: int, x: State, batch: Batch, plan: Plan | None) -> tuple[Tensor, int]:
        """(a step's objective, number of rows that entered the last stage); its gradients stand beside the weights."""
        job, site = self.job, self.feed.sites[step]
        model, stage = job.model, job.model.sites.get(site, 0)
        # Where rows are shared, what submodules give on the way is of this rank's rows alone.
        tail = Tail(partial(model, start=stage), model if job.ranks is None else None)
        with autocast(job.recipe.precision, self.feed.device):
            if plan is not None and site in model.inner:
                out = _mixed_inside(model, site, tail, x, job.method, plan)
                objective = two_term_loss(out, batch, plan, self.loss_of_rows)
            else:
                h = model(x, self.feed.first_stage, stage)
                objective = step_loss(job.method, tail, h, batch, plan, self.loss_of_rows)
        objective.backward()
        if job.ranks is not None:
            job.ranks.sum_gradients(model.parameters())
        return objective, tail.rows


def _draw_ahead(feed: BatchSource, log: RunLog, step: int) -> Drawn | None:
    """What a step draws, on the host, noted; None where the method is inactive."""
    drawn, batch = feed.draw_ahead(step)
    log.note(step, feed.sites[step], drawn.plans[0] if drawn else None, batch)
    return drawn


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
