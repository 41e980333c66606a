"""Compute what a method does to an early batch of a task, as arrays. Nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import Selectable, State, first_leaf, map_leaves, take_rows
from mixsuite.domains.build import make_data, make_model
from mixsuite.experiment.build import load_parts, make_method
from mixsuite.experiment.parts import Parts
from mixsuite.experiment.spec import MethodSpec, Task
from mixsuite.mixing import Batch, Method, Plan, Tail
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.mixing.memory import memory_of
from mixsuite.mixing.plan import check_numbers, check_plan, own_rows_first, terms
from mixsuite.mixing.rng import Rng, batch_order, uniforms
from mixsuite.mixing.sites import drawable_sites, random_sites
from mixsuite.models.base import Staged, state_at
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job, check_applies, task_info, train_info
from mixsuite.training.recipe import Recipe


@dataclass(frozen=True)
class Scene:
    """One method at one step of one run.

    site:    where the method mixes.
    inputs:  whether rows at the site look like the domain's own rows.
    own, partner, mixed: leaves of the own rows, the partners and the mixed rows, each [N, ...].
    points:  own rows, partners and mixed rows in the plane of the own rows' two main directions, [3, N, 2].
    words:   for each mixed row: own target, partner's target, and both with their shares.
    classes: own class, for colours (zeros if targets are not class numbers), [N].
    """

    method: str
    site: str
    inputs: bool
    own: list[np.ndarray]
    partner: list[np.ndarray]
    mixed: list[np.ndarray]
    points: np.ndarray
    words: list[tuple[str, str, str]]
    classes: np.ndarray


@dataclass(frozen=True)
class Stage:
    """A task opened for pictures: what it names, its data, model and recipe, for one seed."""

    task: Task
    parts: Parts
    data: Data
    model: Staged
    recipe: Recipe
    seed: int


def open_task(task: Task, root: Path, seed: int) -> Stage:
    """Read and split a task's data and build its model, on the CPU.

    Raises:
        InputError: the data are missing or cannot be used as asked.
    """
    parts = load_parts(task)
    parts.dataset.fingerprint(root)
    recipe: Recipe = check_model(Recipe, dict(task.recipe), f"recipe {task.recipe_name}")
    data = make_data(parts.domain, parts.dataset, parts.dataset.load(root), seed)
    return Stage(task, parts, data, make_model(parts.model, data, seed, parts.weights), recipe, seed)


def telling_step(seed: int, batch: int) -> int:
    """Choose a step among a run's first 20 whose batch shows mixing well; it is the same for every method.

    Its lambda is the one nearest the law's lower tercile: a share near 0 or 1 shows little.
    """
    u = uniforms(seed, "draw/lam", 0, 20, batch)[:, 0]
    return int(np.abs(u - 1 / 3).argmin())


def _label(stage: Stage, y: torch.Tensor) -> str:
    """Write a target: its class, or its value in the target's units."""
    if stage.data.target_std is not None and stage.data.target_mean is not None:
        return f"{float(y[0] * stage.data.target_std[0] + stage.data.target_mean[0]):.0f}"
    return str(int(y)) if y.dim() == 0 else str(int(y.argmax()))


def _plane(*groups: np.ndarray) -> np.ndarray:
    """Project groups of rows [N, ...] on the plane of the first group's two main directions: [groups, N, 2]."""
    flat = [g.reshape(len(g), -1).astype(np.float64) for g in groups]
    centre = flat[0].mean(0)
    _, _, directions = np.linalg.svd(flat[0] - centre, full_matrices=False)
    plane = directions[:2] if len(directions) > 1 else np.vstack([directions, directions * 0])
    return np.stack([(f - centre) @ plane.T for f in flat])


def make_scene(stage: Stage, spec: MethodSpec) -> Scene:
    """Apply a method to an early batch of the stage's run, at the site where the run mixes in that step.

    Raises:
        SkipRun: the method does not apply to the task.
    """
    method, data, model = make_method(spec), stage.data, stage.model
    job = Job(stage.task.domain, data, model, method, stage.recipe, stage.seed, stage.task.select, stage.parts.augment)
    info = task_info(job)
    check_applies(job, info)
    step = telling_step(stage.seed, job.batch)
    (drawn,) = random_sites(stage.seed, [*drawable_sites(model.sites), *model.inner], step, 1)
    site = drawn if method.site == "random" else method.site
    rows = torch.from_numpy(batch_order(stage.seed, len(data.train), job.batch, step + 1)[step])
    model.eval()
    train = train_info(job, data.train.x)
    stats, memory = method.prepare(train), memory_of(method, model, train, data.train.y.device)

    def seen(rows: Tensor) -> Batch:
        shown = take_rows(data.train.x, rows) if method.needs_x else None
        return Batch(
            data.train.y[rows], info.sites[site], torch.tensor(0.0), stats, shown, step=0, steps=job.steps,
            rows=rows, size=job.batch, memory=memory,
        )  # fmt: skip

    with torch.no_grad():
        more = method.more_rows(seen(rows), Rng(stage.seed, job.batch).at(step))
        if more is not None:
            check_numbers(more, len(data.train))
            rows = torch.cat([rows, more])
        batch = seen(rows)
        x, y = take_rows(data.train.x, rows), batch.y
        h = state_at(model, site, x)
        assert not isinstance(h, Selectable)
        plan = own_rows_first(method.plan(batch, Rng(stage.seed, job.batch).at(step)), job.batch)
        check_plan(plan, job.batch, len(rows) - job.batch)
        own_rows = plan.own
        assert own_rows is not None
    mixed, own_way = _trained_on(stage, method, site, h, batch, plan)
    alone = type(method).pairing == "none" and type(method).mix is not Method.mix
    by_itself = "mixed by its objective" if own_way else "augmented" if alone else ""
    with torch.no_grad():
        parts = [(own_rows if term.rows is None else term.rows, term.wy) for term in terms(plan)]
        own, partner = (take_rows(h, rows_of) for rows_of, _ in parts[:2])
    words = []
    for i in range(len(own_rows)):
        labels = [_label(stage, y[rows_of[i]]) for rows_of, _ in parts]
        shares = [f"{float(wy[i]):.2f} x {label}" for (_, wy), label in zip(parts, labels, strict=True)]
        lines = [" + ".join(shares[k : k + 2]) for k in range(0, len(shares), 2)]  # two fit a picture's width
        words.append((labels[0], labels[1], by_itself or "\n+ ".join(lines)))
    one, two, both = (_arrays(state) for state in (own, partner, mixed))
    classes = y[own_rows].numpy() if y.dim() == 1 else np.zeros(len(own_rows))
    inputs = site in model.sites and model.sites[site] <= model.num_fixed_stages
    points = _plane(one[0], two[0], both[0])
    return Scene(spec.name, site, inputs, one, two, both, points, words, classes)


def _trained_on(stage: Stage, method: Method, site: str, h: State, batch: Batch, plan: Plan) -> tuple[State, bool]:
    """(the mixed rows [N, ...] that the model is trained on, whether the objective mixes them by itself).

    An objective of the method's own may mix by itself: then they are what its first pass of N rows sends through the
    stages behind the site that are not the batch's own rows as they are.
    """
    assert not isinstance(h, Selectable)
    with torch.no_grad():
        mixed = method.mix(h, plan)
    if method.mixes_alone or site in stage.model.inner:
        return mixed, False
    sent: list[State] = []

    def run(state: State) -> Tensor:
        sent.append(map_leaves(Tensor.detach, state))
        out: Tensor = stage.model(state, stage.model.sites[site])
        return out

    with torch.enable_grad():
        given = map_leaves(lambda leaf: leaf.clone().requires_grad_(), h)
        assert not isinstance(given, Selectable)
        step_loss(method, Tail(run, stage.model), given, batch, plan, LOSSES[stage.data.kind])
    own = first_leaf(take_rows(h, plan.own if plan.own is not None else torch.arange(batch.size)))
    others = [s for s in sent if first_leaf(s).shape == own.shape and not torch.equal(first_leaf(s), own)]
    if any(
        torch.allclose(first_leaf(s), first_leaf(mixed))
        for s in others
        if first_leaf(s).shape == first_leaf(mixed).shape
    ):
        return mixed, False
    return (others[0], True) if others else (mixed, False)


def _arrays(state: State) -> list[np.ndarray]:
    """The leaves of a state as arrays."""
    leaves = state if isinstance(state, tuple) else (first_leaf(state),)
    return [leaf.numpy() for leaf in leaves]
