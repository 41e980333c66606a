"""What a run keeps while it trains: the curve, the plans' digest and the best weights."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from mixsuite.data.digest import digest, update
from mixsuite.errors import InputError
from mixsuite.mixing import Batch, Plan
from mixsuite.mixing.plan import check_form, check_plan, check_shares, form_of
from mixsuite.mixing.rng import uniforms
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import Diverged, Job, TrainResult
from mixsuite.training.memory import peak_memory
from mixsuite.training.predict import predict

CURVE_POINTS = 50
CHECKED_PLANS = 2  # the first plans at each site that are checked in full; each check waits for the device
HELD_POINTS = 8  # points of the curve that are read from a GPU together
HELD_PLANS = 64  # plans that are hashed, and their shares checked, together: for the same reason


class RunLog:
    """The curve and the plans' digest of a run.

    The log waits for the device at the ends of up to 50 stretches of the run, and after every HELD_PLANS plans. At the
    ends it notices NaN. Each time it hashes the plans since the last time, and checks their shares.
    """

    def __init__(self, job: Job) -> None:
        self.rows, self.ends = job.batch, set(curve_ends(job.steps))
        self.points: list[dict[str, float]] = []
        self.plans = hashlib.sha256()
        self._checked = Counter[str]()
        self._most = self.rows
        self._held: list[tuple[str, Plan]] = []
        self._step, self._linked = 0, ""  # the last step that was noted; the plans' digest by the last link
        self._forms: set[tuple[object, ...] | None] = set()  # of plans that have passed

    def note(self, step: int, site: str, plan: Plan | None, batch: Batch | None = None) -> None:
        """Keep a step's plan; None if the method is inactive.

        Args:
            step: number of the step.
            site: where it mixes.
            plan: what it mixes.
            batch: given where it may have rows from outside; their numbers are kept with the plan.

        Raises:
            ValueError: the plan is invalid.
        """
        if plan is not None:
            more = batch.y.shape[0] - batch.size if batch is not None else 0
            if self._checked[site] < CHECKED_PLANS:
                check_plan(plan, self.rows, more)
                self._checked[site] += 1
            elif (form := form_of(plan)) is None or form not in self._forms:
                check_form(plan, self.rows)
                self._forms |= {form} - {None}
            self._most = max(self._most, self.rows + more)
            if more and batch is not None and batch.rows is not None:
                plan = plan._replace(extra=(plan.extra or {}) | {"rows from outside": batch.rows[batch.size :]})
            self._held.append((site, plan))
        self._step = step
        if self._held and (len(self._held) >= HELD_PLANS or step in self.ends):
            self._hash()

    def _hash(self) -> None:
        try:
            check_shares([held for _, held in self._held], self._most)
        except ValueError as error:
            raise ValueError(f"{error}, within the last {len(self._held)} steps up to step {self._step + 1}") from None
        update(self.plans, [[site for site, _ in self._held], _columns([held for _, held in self._held])])
        self._held = []

    def link(self) -> None:
        """End a link of the plans' digest: the next begins with the digest so far, which a checkpoint can hold."""
        if self._held:
            self._hash()
        self._linked = self.plans.hexdigest()
        self.plans = hashlib.sha256(bytes.fromhex(self._linked))

    def state_dict(self) -> dict[str, Any]:
        """The curve, and the plans' digest; right behind a ``link``."""
        return {"points": [dict(point) for point in self.points], "plans": self._linked, "most": self._most}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on from a state."""
        self.points, self._linked, self._most = list(state["points"]), state["plans"], state["most"]
        self.plans = hashlib.sha256(bytes.fromhex(self._linked))

    def point(self, step: int, mean: float) -> None:
        """Add a point to the curve: the mean objective since the last point.

        Raises:
            Diverged: the mean is infinite or NaN.
        """
        if not math.isfinite(mean):
            raise Diverged(f"the training loss is {mean} by step {step + 1}")
        self.points.append({"step": step + 1, "loss": float(f"{mean:.6g}")})


def _columns(plans: list[Plan]) -> list[Tensor | list[Tensor | None]]:
    """Each field of many plans as one tensor, to hash it at once, or as a list if shapes differ."""

    def column(values: list[Tensor | None]) -> Tensor | list[Tensor | None]:
        present = [value for value in values if value is not None]
        alike = len(present) == len(values) and len({(value.shape, value.dtype) for value in present}) == 1
        return torch.stack(present) if alike else values

    tensors = [plan.tensors() for plan in plans]
    names = dict.fromkeys(name for named in tensors for name in named)
    return [column([named.get(name) for named in tensors]) for name in names]


class Means:
    """The mean objective over each stretch of a run. On a GPU a few stretches are read together: reading waits for it.

    ends: the last step of each stretch.
    """

    def __init__(self, ends: set[int], device: torch.device) -> None:
        self.ends, self._together = ends, 1 if device.type == "cpu" else HELD_POINTS
        self._objectives, self._means = list[Tensor](), dict[int, Tensor]()

    def add(self, step: int, objective: Tensor, now: bool = False) -> dict[int, Any]:
        """Add a step's objective, one number or [S] of them.

        Args:
            step: number of the step.
            objective: what the step differentiated.
            now: read what there is if a stretch ends here.

        Returns:
            The means that were read: last step of the stretch -> the mean, or a list of S means.
        """
        self._objectives.append(objective.detach())
        if step not in self.ends:
            return {}
        self._means[step] = torch.stack(self._objectives).mean(0)
        self._objectives = []
        if not now and len(self._means) < self._together and step < max(self.ends):
            return {}
        read = dict(zip(self._means, torch.stack(list(self._means.values())).tolist(), strict=True))
        self._means = {}
        return read

    def state_dict(self) -> dict[str, Any]:
        """What was not read yet."""
        return {"objectives": list(self._objectives), "means": dict(self._means)}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on from a state."""
        self._objectives, self._means = list(state["objectives"]), dict(state["means"])


def curve_ends(steps: int) -> list[int]:
    """The last step of each of up to 50 stretches of a run, in ascending order."""
    count = min(CURVE_POINTS, steps)
    return [(i + 1) * steps // count - 1 for i in range(count)]


class BestCheckpoint:
    """Keeps the weights with the best validation metric, if the task asks for them.

    The metric is computed some 25 times per run.

    Raises:
        InputError: the task has no validation rows.
        ValueError: the job has no score.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.value = float("inf")
        self.weights: dict[str, Tensor] | None = None
        steps = job.steps
        self.ends: set[int] = set()
        if job.select == "best_validation":
            if not len(job.data.valid):
                raise InputError("select = 'best_validation': this task has no validation rows")
            if job.score is None:
                raise ValueError("select = 'best_validation' needs the job's score")
            points = curve_ends(steps)
            self.ends = set(points[:: max(1, len(points) // 20)]) | {steps - 1}

    def look(self) -> float:
        """The validation metric of the job's model as it is now; the best weights so far are kept."""
        data, model = self.job.data, self.job.model
        assert self.job.score is not None
        value = self.job.score(predict(model, data.valid).cpu(), data.valid.y.cpu(), data.kind)
        if value < self.value:  # on a tie the earlier weights stay
            self.value = value
            self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}
        return value

    def state_dict(self) -> dict[str, Any]:
        """The best metric so far and its weights."""
        return {"value": self.value, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Go on from a state."""
        self.value, self.weights = state["value"], state["weights"]

    def restore(self) -> None:
        """Load the best weights, if there are any, into the job's model."""
        if self.weights is not None:
            self.job.model.load_state_dict(self.weights)


def fitted(
    feed: BatchSource, log: RunLog, best: BestCheckpoint, init: str, seconds: float, rows: float, executor: str
) -> TrainResult:
    """Make the result of a run, whose model has its last weights.

    Args:
        feed: the run's batches.
        log: its curve and plans.
        best: its best weights, which the model gets.
        init: digest of the initial weights.
        seconds: time of the training loop.
        rows: number of rows that entered the last stage, over all steps.
        executor: the executor's name.

    Raises:
        Diverged: a weight is infinite or NaN.
    """
    job, steps = feed.job, feed.job.steps
    best.restore()
    weights = list(job.model.state_dict().values())
    if not all(bool(w.isfinite().all()) for w in weights):
        raise Diverged(f"weights are infinite or NaN after {steps} steps")
    shared = (uniforms(job.seed, f"draw/{kind}", 0, steps, job.batch) for kind in ("partner", "lam"))
    return TrainResult(
        model=job.model,
        curve=log.points,
        seconds=seconds,
        steps=steps,
        rows_per_step=rows / steps,
        peak_memory=peak_memory(feed.device),
        digests={
            "init": init,
            "order": digest(feed.order),
            "draws": digest(*shared),
            "plan": log.plans.hexdigest()[:16],
            "weights": digest(*weights),
        },
        executor={"kind": executor, "block": job.block if executor == "lockstep" else 1},
    )
