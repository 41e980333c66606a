"""The readable reference: one run after another, one straight loop."""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from mixsuite.digest import digest, update
from mixsuite.domains.contract import Staged, State, first_leaf, take_rows
from mixsuite.errors import InputError
from mixsuite.metrics import primary
from mixsuite.mixing import Batch, Plan, Tail, TaskInfo, TrainInfo
from mixsuite.mixing.engine import check_plan, check_shares, step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.rng import Rng, batch_order, torch_seed, uniforms
from mixsuite.training.job import Diverged, Fitted, Job, check_applies, task_info
from mixsuite.training.memory import peak_memory, reset_peak
from mixsuite.training.optim import learning_rates, make_optimizer
from mixsuite.training.predict import predict, run_stages

CURVE_POINTS = 50
CHECKED_PLANS = 2  # per site, the first ones, wholly: the check waits for the device
HELD_PLANS = 64  # are hashed, and their shares checked, at once: for the same reason


def fit(jobs: Sequence[Job]) -> list[Fitted]:
    """Train each job. A result depends on its job alone.

    Raises:
        SkipRun: the method does not apply to the task.
        InputError: the recipe does not fit the data.
        Diverged: the loss or the weights became infinite or NaN.
    """
    return [_fit(job) for job in jobs]


class _Feed:
    """What each step sees, drawn in advance: the order of rows, the site, the augmentation. A function of
    the job's data, recipe and seed, never of its method but for the method's own site and length."""

    def __init__(self, job: Job, info: TaskInfo) -> None:
        self.job, self.info = job, info
        train, steps, batch = job.data.train, job.steps, job.batch
        first = first_leaf(train.x)
        pieces = batch_order(job.seed, len(train), job.recipe.batch, steps * job.method.batch)
        self.order = pieces.reshape(steps, batch)
        self.rows = torch.from_numpy(self.order).to(first.device)
        by_depth = sorted(info.sites, key=lambda name: (job.model.sites[name], name))
        self.sites = _sites(job, by_depth, steps)
        self.progress = torch.arange(steps, device=first.device, dtype=torch.float32) / steps
        self.draws = Rng(job.seed, 4 * batch, first.device, first.dtype)
        # Stages without weights are run once, unless something random happens before or within them.
        shallowest = min(job.model.sites[site] for site in set(self.sites))
        known = job.augment is None and shallowest >= job.model.fixed
        self.entry = job.model.fixed if known else 0
        self.x = run_stages(job.model, train, 0, self.entry)
        told = TrainInfo(self.x, train.y, len(train), info.classes, info.kind, job.data.groups)
        self.stats = job.method.prepare(told)

    def batch(self, step: int) -> tuple[str, State, Batch]:
        """(site, input rows, what the method sees) of one step."""
        train, rows, site = self.job.data.train, self.rows[step], self.sites[step]
        x = take_rows(self.x, rows)
        if self.job.augment is not None:
            u = self.draws.at(step).uniform(len(rows), 4, kind="suite augment")
            x = self.job.augment(x, u)
        weight = None if train.weight is None else train.weight[rows]
        seen = x if self.job.method.needs_x else None
        return site, x, Batch(train.y[rows], self.info.sites[site], self.progress[step], self.stats, seen, weight)


def _fit(job: Job) -> Fitted:
    info = task_info(job)
    check_applies(job, info)
    model, method, recipe, steps = job.model, job.method, job.recipe, job.steps
    if recipe.batch > len(job.data.train):
        raise InputError(f"recipe's batch={recipe.batch}: the task has {len(job.data.train)} training rows")
    loss_of_rows = LOSSES[job.data.kind]
    first = first_leaf(job.data.train.x)
    init = digest(*model.state_dict().values())

    feed, rng = _Feed(job, info), Rng(job.seed, job.batch, first.device, first.dtype)
    optimizer, rates = make_optimizer(recipe, model), learning_rates(recipe, steps)
    rows_seen, checked = 0, Counter[str]()
    log, best = _Log(steps), _Best(job)
    model.train()
    reset_peak(first.device)
    started = time.perf_counter()
    with _autocast(recipe.precision, first.device), _dropout_seeds(recipe.dropout, job.seed) as reseed:
        for step in range(steps):
            reseed(step)
            site, x, batch = feed.batch(step)
            plan: Plan | None = None
            if method.active(step, steps):
                plan = method.plan(batch, rng.at(step))
                if checked[site] < CHECKED_PLANS:
                    check_plan(plan, job.batch)
                    checked[site] += 1
            gap = model.sites[site]
            tail = Tail(partial(model, start=gap))
            objective = step_loss(method, tail, model(x, feed.entry, gap), batch, plan, loss_of_rows)
            rows_seen += tail.rows

            for group in optimizer.param_groups:
                group["lr"] = rates[step]
            optimizer.zero_grad(set_to_none=True)
            objective.backward()
            optimizer.step()
            log.add(step, site, plan, objective.detach())
            if best.due(step):
                log.points[-1]["valid"] = best.look(model)
    if first.device.type == "cuda":
        torch.cuda.synchronize(first.device)
    seconds = time.perf_counter() - started
    best.restore(model)
    weights = list(model.state_dict().values())
    if not all(bool(torch.isfinite(w).all()) for w in weights):
        raise Diverged(f"weights are infinite or NaN after {steps} steps")
    shared = (uniforms(job.seed, f"draw/{kind}", 0, steps, job.batch) for kind in ("partner", "lam"))
    return Fitted(
        model=model,
        curve=log.points,
        seconds=seconds,
        steps=steps,
        rows_per_step=rows_seen / steps,
        peak_memory=peak_memory(first.device),
        digests={
            "init": init,
            "order": digest(feed.order),
            "draws": digest(*shared),
            "plan": log.plans.hexdigest()[:16],
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


class _Log:
    """The curve and the plans' digest. The device is waited for at the ends of up to 50 stretches of the
    run only: there NaN is noticed, and the plans since the last one are hashed and their shares checked."""

    def __init__(self, steps: int) -> None:
        self.ends = curve_ends(steps)
        self.points: list[dict[str, float]] = []
        self.plans = hashlib.sha256()
        self._values: list[Tensor] = []
        self._plans: list[tuple[str, Plan]] = []

    def add(self, step: int, site: str, plan: Plan | None, value: Tensor) -> None:
        self._values.append(value)
        if plan is not None:
            self._plans.append((site, plan))
        if self._plans and (len(self._plans) >= HELD_PLANS or step in self.ends):
            try:
                check_shares([held for _, held in self._plans])
            except ValueError as error:
                raise ValueError(f"{error}, within the last {len(self._plans)} steps up to step {step + 1}") from None
            for item in self._plans:
                update(self.plans, item)
            self._plans = []
        if step not in self.ends:
            return
        mean = float(torch.stack(self._values).mean())
        if not math.isfinite(mean):
            raise Diverged(f"the training loss is {mean} by step {step + 1}")
        self.points.append({"step": step + 1, "loss": float(f"{mean:.6g}")})
        self._values = []


def curve_ends(steps: int) -> list[int]:
    """The last step of each of up to 50 stretches of a run, ascending."""
    count = min(CURVE_POINTS, steps)
    return [(i + 1) * steps // count - 1 for i in range(count)]


class _Best:
    """Keeps the weights of the best validation metric, looked at some 25 times a run, if the task says so."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.value = float("inf")
        self.weights: dict[str, Tensor] | None = None
        steps = job.steps
        self.ends: set[int] = set()
        if job.select == "best_validation":
            if not len(job.data.valid):
                raise InputError("select = 'best_validation': this task has no validation rows")
            points = curve_ends(steps)
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
