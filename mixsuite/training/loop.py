"""The readable reference: one run after another, one straight loop."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mixsuite.digest import digest, update
from mixsuite.domains.contract import Staged, State
from mixsuite.errors import InputError
from mixsuite.metrics import primary
from mixsuite.mixing import Batch, Plan, TrainInfo
from mixsuite.mixing.engine import check_plan, first_leaf, select_rows, step_loss
from mixsuite.rng import Rng, batch_order, torch_seed, uniforms
from mixsuite.training.job import Diverged, Fitted, Job, check_applies, task_info
from mixsuite.training.losses import LOSSES
from mixsuite.training.memory import peak_memory, reset_peak
from mixsuite.training.optim import learning_rates, make_optimizer
from mixsuite.training.predict import predict

CURVE_POINTS = 50
CHECKED_PLANS = 2  # an author's plan is checked at the first steps only: the check waits for the device


def fit(jobs: Sequence[Job]) -> list[Fitted]:
    """Train each job. A result depends on its job alone.

    Raises:
        SkipRun: the method does not apply to the task.
        InputError: the recipe does not fit the data.
        Diverged: the loss or the weights became infinite or NaN.
    """
    return [_fit(job) for job in jobs]


class _CountingTail:
    """The stages after a site, counting the rows that enter the last stage with a gradient."""

    def __init__(self, model: Staged) -> None:
        self.model, self.start, self.rows = model, 0, 0

    def __call__(self, h: State) -> Tensor:
        out: Tensor = self.model(h, self.start)
        if torch.is_grad_enabled():
            self.rows += len(out)
        return out


def _fit(job: Job) -> Fitted:
    info = task_info(job)
    check_applies(job, info)
    data, model, method, recipe = job.data, job.model, job.method, job.recipe
    train, steps, batch = data.train, job.steps, job.batch
    if recipe.batch > len(train):
        raise InputError(f"recipe's batch={recipe.batch}: the task has {len(train)} training rows")
    device, dtype = first_leaf(train.x).device, first_leaf(train.x).dtype
    loss_of_rows = LOSSES[data.kind]

    # Everything random, in advance: order of rows, site of each step, augmentation; the method's own draws.
    order = batch_order(job.seed, len(train), recipe.batch, steps * method.batch).reshape(steps, batch)
    rows = torch.from_numpy(order).to(device)
    rng = Rng(job.seed, batch, device, dtype)
    sites = _sites(job, sorted(info.sites, key=lambda name: (model.sites[name], name)), steps)
    progress = torch.arange(steps, device=device, dtype=torch.float32) / steps
    stats = method.prepare(TrainInfo(train.x, train.y, len(train), data.classes, data.kind, data.groups))

    init = digest(*model.state_dict().values())
    plans = hashlib.sha256()
    optimizer, rates = make_optimizer(recipe, model), learning_rates(recipe, steps)
    curve = _Curve(steps)
    best = _Best(job)
    tail = _CountingTail(model)
    model.train()
    reset_peak(device)
    started = time.perf_counter()
    with _autocast(recipe.precision, device), _dropout_seeds(recipe.dropout, job.seed) as reseed:
        for step in range(steps):
            reseed(step)
            site = sites[step]
            x = select_rows(train.x, rows[step])
            if job.augment is not None:
                x = job.augment(x, _augment_draws(job.seed, step, batch, device, dtype))
            weight = None if train.weight is None else train.weight[rows[step]]
            seen = x if method.needs_x else None
            inputs = Batch(train.y[rows[step]], info.sites[site], progress[step], stats, seen, weight)

            plan: Plan | None = None
            if method.active(step, steps):
                plan = method.plan(inputs, rng.at(step))
                if step < CHECKED_PLANS:
                    check_plan(plan, batch)
                update(plans, (site, plan))
            tail.start = model.sites[site]
            h = model(x, 0, tail.start)
            objective = step_loss(method, plan is not None, tail, h, inputs, plan, loss_of_rows)

            for group in optimizer.param_groups:
                group["lr"] = rates[step]
            optimizer.zero_grad(set_to_none=True)
            objective.backward()
            optimizer.step()
            curve.add(step, objective.detach())
            if best.due(step):
                curve.points[-1]["valid"] = best.look(model)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - started
    best.restore(model)
    weights = list(model.state_dict().values())
    if not all(bool(torch.isfinite(w).all()) for w in weights):
        raise Diverged(f"weights are infinite or NaN after {steps} steps")
    return Fitted(
        model=model,
        curve=curve.points,
        seconds=seconds,
        steps=steps,
        rows_per_step=tail.rows / steps,
        peak_memory=peak_memory(device),
        digests={
            "init": init,
            "order": digest(order),
            "draws": digest(*(uniforms(job.seed, f"draw/{k}", 0, steps, batch) for k in ("partner", "lam"))),
            "plan": plans.hexdigest()[:16],
            "weights": digest(*weights),
        },
        executor={"kind": "loop", "block": 1},
    )


def _sites(job: Job, names: list[str], steps: int) -> list[str]:
    """The site of every step: the method's own, or for "random" drawn among all but ``wave``."""
    if job.method.site != "random":
        return [job.method.site] * steps
    names = [name for name in names if name != "wave"]
    u = uniforms(job.seed, "draw/site", 0, steps, 1)[:, 0]
    return [names[int(v * len(names))] for v in u]


def _augment_draws(seed: int, step: int, batch: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Uniforms for the augmentation of one step, four a row. [B, 4]"""
    u = uniforms(seed, "suite/augment", step, 1, 4 * batch).reshape(batch, 4)
    return torch.from_numpy(u).to(device, dtype)


def _autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[object]:
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def _dropout_seeds(dropout: float, seed: int) -> Iterator[Callable[[int], None]]:
    """Dropout draws from torch's own generator: fork it, and set it anew at every step, so that all
    methods see the same masks. Without dropout no generator is touched."""
    if not dropout:
        yield lambda step: None
        return
    first = torch_seed(seed, "dropout")
    with torch.random.fork_rng():

        def reseed(step: int) -> None:
            torch.manual_seed((first + step) % 2**63)

        yield reseed


class _Curve:
    """The mean objective over each of up to 50 stretches of the run; NaN is noticed at their ends."""

    def __init__(self, steps: int) -> None:
        count = min(CURVE_POINTS, steps)
        self.ends = {(i + 1) * steps // count - 1 for i in range(count)}
        self.points: list[dict[str, float]] = []
        self._sum: Tensor | float = 0.0
        self._count = 0

    def add(self, step: int, value: Tensor) -> None:
        self._sum, self._count = self._sum + value, self._count + 1
        if step in self.ends:
            mean = float(self._sum) / self._count
            if not abs(mean) < float("inf"):
                raise Diverged(f"the training loss is {mean} by step {step + 1}")
            self.points.append({"step": step + 1, "loss": mean})
            self._sum, self._count = 0.0, 0


class _Best:
    """Keeps the weights of the best validation metric, looked at 20 times a run, if the task says so."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.value = float("inf")
        self.weights: dict[str, Tensor] | None = None
        steps = job.steps
        self.ends: set[int] = set()
        if job.select == "best_validation":
            if not len(job.data.valid):
                raise InputError("select = 'best_validation': this task has no validation rows")
            points = sorted(_Curve(steps).ends)
            self.ends = set(points[:: max(1, len(points) // 20)]) | {steps - 1}

    def due(self, step: int) -> bool:
        return step in self.ends

    def look(self, model: Staged) -> float:
        data = self.job.data
        value = primary(predict(model, data.valid).cpu(), data.valid.y.cpu(), data.kind)
        if value < self.value:  # on a tie the earlier weights stay
            self.value = value
            self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}
        return value

    def restore(self, model: Staged) -> None:
        if self.weights is not None:
            model.load_state_dict(self.weights)
