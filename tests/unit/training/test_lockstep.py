"""Lockstep against the loop, its independent twin: in float64 both come to the same weights."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.tasks import job_of

from mixsuite.data.rows import Subset
from mixsuite.errors import SkipRun
from mixsuite.models.stack import Unstackable
from mixsuite.training import lockstep, loop
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import Diverged, TrainResult

TASKS = {
    "images": "digits(rows=100, test=0.6)",
    "tabular": "titanic(rows=100, test=0.6)",
    "embedded": "titanic(rows=100, test=0.6)@tabular_embedded",
    "numbers": "diabetes(rows=100, test=0.5)",
    "speech": "japanese_vowels(rows=90)",
    "graphs": "b3db(rows=60, test=0.4)",
}
EVERYWHERE = ["erm", "mixup", "manifold_mixup", "mixupe", "regmixup", "multi_mix", "label_smoothing", "noisy_feature"]


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


SOME = [entry if entry == "tabular" else slow(entry) for entry in TASKS]


def jobs_of(entry, method, seeds, block, dtype="float64", select="last", **values):
    given = {"steps": 12, "precision": dtype} | values
    kind = getattr(torch, dtype)
    return [job_of(TASKS.get(entry, entry), method, seed, kind, select, block, **given) for seed in seeds]


def assert_same(one, other, tolerance=1e-9):
    """Weights, buffers and curve alike, draws and plans to the bit."""
    assert type(one) is type(other)
    if not isinstance(one, TrainResult):
        assert str(one) == str(other)
        return
    theirs = other.model.state_dict()
    for name, value in one.model.state_dict().items():
        torch.testing.assert_close(value, theirs[name], rtol=tolerance, atol=tolerance, msg=name)
    same = ("init", "order", "draws", "plan")
    assert {k: one.digests[k] for k in same} == {k: other.digests[k] for k in same}
    for a, b in zip(one.curve, other.curve, strict=True):
        assert a == pytest.approx(b, rel=1e-5)
    assert one.rows_per_step == other.rows_per_step


def both(entry, method, seeds=(0, 1, 2), block=3, **values):
    """Trained side by side and alone, found the same; what came out side by side."""
    found = lockstep.fit(jobs_of(entry, method, seeds, block, **values))
    for one, other in zip(found, loop.fit(jobs_of(entry, method, seeds, 1, **values)), strict=True):
        assert_same(one, other)
        if isinstance(one, TrainResult):
            assert one.executor == {"kind": "lockstep", "block": block}
    return found


@pytest.mark.parametrize("method", EVERYWHERE)
@pytest.mark.parametrize("entry", SOME)
def test_float64_weights_are_the_loops(entry, method):
    both(entry, method)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "method"),
    [("images", m) for m in ("cutmix", "fmix", "gridmix", "resizemix", "saliencymix", "multi_mix(mask=box, k=2)")]
    + [("tabular", m) for m in ("column_cutmix", "remix(kappa=1.5)", "same_class", "k_mixup", "batch_augmentation")]
    + [("tabular", m) for m in ("regmixup(passes=2)", "mixup(start=0.3, stop=0.8)", "mixup(batch=2, length=2)")]
    + [("tabular", m) for m in ("mixup(lam=row, site=embedding)", "decoupled", "midpoint", "input_only")]
    + [("numbers", "c_mixup"), ("speech", "specmix"), ("speech", "cutmix"), ("graphs", "ifmixup")]
    + [
        ("graphs", "noisy_feature(site=hidden)"),
        ("embedded", "mixup(site=hidden)"),
        ("images", "style_mix"),
        ("graphs", "sub_mix"),
    ],
)
def test_so_are_those_of_every_method(entry, method):
    assert all(isinstance(one, TrainResult) for one in both(entry, method))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"augment": "crop+flip"},
        {"optimizer": "adamw", "lr": 0.01, "weight_decay": 0.1, "schedule": "cosine", "warmup": 0.2},
        {"optimizer": "sgd", "momentum": 0.0, "nesterov": False, "schedule": "step"},
        {"select": "best_validation"},
        {"model": "conv(width=4, blocks=3)"},
    ],
    ids=lambda values: ",".join(values),
)
def test_so_they_are_by_every_recipe(values):
    entry = "fashion" if "select" in values else "images"
    both("digits(rows=200, test=0.3)" if entry == "fashion" else entry, "mixup", **values)


def test_row_weights_count(monkeypatch):
    def weighted(jobs):
        for job in jobs:
            part = job.data.train
            weight = torch.linspace(0.1, 2, len(part), dtype=torch.float64)
            yield replace(job, data=replace(job.data, train=Subset(part.x, part.y, weight)))

    for method in ("erm", "mixup"):
        side, alone = (list(weighted(jobs_of("tabular", method, (0, 1), block))) for block in (2, 1))
        for one, other in zip(lockstep.fit(side), loop.fit(alone), strict=True):
            assert_same(one, other)


def test_a_result_does_not_depend_on_which_seeds_were_asked_for():
    bits = {}
    for seeds in [(0, 1, 2, 3), (2,), (3, 1), (5, 2, 0)]:
        for one, seed in zip(lockstep.fit(jobs_of("tabular", "mixup", seeds, 4, "float32")), seeds, strict=True):
            bits.setdefault(seed, set()).add(one.digests["weights"])
    assert all(len(found) == 1 for found in bits.values())
    assert len(set.union(*bits.values())) == 5


@pytest.mark.slow
def test_seeds_whose_columns_differ_train_in_blocks_of_their_own():
    """A category that no training row has leaves no column."""
    entry = "titanic(rows=12, test=0.6)"
    shapes = {tuple(job.model.stages[0][0].weight.shape) for job in jobs_of(entry, "mixup", range(8), 8)}
    assert len(shapes) > 1
    both(entry, "mixup", seeds=range(8), block=8, batch=8)


def test_two_runs_of_one_seed_are_no_block():
    jobs = jobs_of("tabular", "mixup", (1, 1), 4)
    with pytest.raises(ValueError, match="two jobs of one seed"):
        lockstep.fit(jobs)


@pytest.mark.parametrize(
    ("entry", "method", "values"),
    [
        ("tabular", "mixupe(version=1)", {}),  # an objective that reads the training mean
        ("tabular", "mixup", {"dropout": 0.2}),
        ("graphs", "mixup", {"model": "gcn(width=8, layers=2)"}),  # a layer without a twin
        ("tabular", "mixupe(site=random)", {}),  # two forward passes, and a site drawn for each run
        ("tabular", "multi_mix(site=random)", {}),  # more rows than the batch has
    ],
)
@pytest.mark.parametrize("seeds", [(0, 1), (0,)])
def test_what_cannot_be_stacked_is_refused_whoever_is_beside(entry, method, values, seeds):
    with pytest.raises(Unstackable):
        lockstep.fit(jobs_of(entry, method, seeds, 2, **values))


def faulty(tmp_path, body):
    path = tmp_path / "faulty.py"
    path.write_text(
        "from dataclasses import dataclass\nimport random\nimport numpy as np\nimport torch\n"
        "from mixsuite.mixing import Method, Plan, over\n\n"
        "@dataclass(frozen=True)\nclass Faulty(Method):\n"
        "    def plan(self, batch, rng):\n        n = len(batch.y)\n        lam = torch.ones(n)\n"
        f"        {body}\n        return Plan(rng.permutation(n), over(lam, batch.shape), lam)\n"
    )
    return str(path)


@pytest.mark.parametrize("call", ["torch.rand(1)", "np.random.rand()", "random.random()"])
@pytest.mark.parametrize("window", ["", "(start=0.5)"])
def test_who_draws_from_a_global_generator_is_refused(tmp_path, call, window):
    with pytest.raises(Unstackable, match="global generator"):
        lockstep.fit(jobs_of("tabular", faulty(tmp_path, call) + window, (0, 1), 2))


def test_an_error_of_one_run_ends_the_block_and_alone_it_is_said(tmp_path):
    method = faulty(tmp_path, "assert rng.seed != 1 or batch.progress < 0.5, 'planted'")
    with pytest.raises(AssertionError, match="planted"):
        lockstep.fit(jobs_of("tabular", method, (0, 1, 2), 3))
    (alone,) = lockstep.fit(jobs_of("tabular", method, (1,), 3))
    assert isinstance(alone, AssertionError)


def test_rows_of_a_neighbour_are_never_reached(tmp_path):
    """A row number that a batch does not have is another run's row side by side."""
    path = faulty(tmp_path, "shift = 0 if batch.progress < 0.5 else n")
    Path(path).write_text(Path(path).read_text().replace("rng.permutation(n)", "rng.permutation(n) + shift"))
    with pytest.raises((ValueError, IndexError), match=r"partner must lie in|out of range"):
        lockstep.fit(jobs_of("tabular", path, (0, 1), 2))


def test_a_weight_of_some_runs_alone_is_refused(tmp_path):
    path = faulty(tmp_path, "pass")
    weighted = "Plan(rng.permutation(n), over(lam, batch.shape), lam, weight=lam / n if rng.seed else None)"
    text = Path(path).read_text()
    Path(path).write_text(text.replace("Plan(rng.permutation(n), over(lam, batch.shape), lam)", weighted))
    with pytest.raises(ValueError, match="weight is None in one run and not in another"):
        lockstep.fit(jobs_of("tabular", path, (0, 1), 2))


def test_the_plans_before_a_window_closes_are_kept():
    """Where steps are more than the points of the curve: the last ones in the window are hashed too."""
    both("tabular", "mixup(stop=0.5)", seeds=(0, 1), block=2, steps=75)


@pytest.mark.slow
def test_who_diverges_leaves_the_others_as_they_are():
    jobs = jobs_of("images", "mixup", (0, 1, 2), 3)
    with torch.no_grad():
        jobs[1].model.stages[2][1].weight.fill_(float("inf"))
    found = lockstep.fit(jobs)
    assert [type(one) for one in found] == [TrainResult, Diverged, TrainResult]
    assert_same(found[2], loop.fit(jobs_of("images", "mixup", (2,), 1))[0])


def test_a_method_that_does_not_apply_is_skipped_as_in_the_loop():
    assert all(isinstance(one, SkipRun) for one in both("tabular", "cutmix"))


@pytest.mark.parametrize("entry", TASKS)
def test_small_tasks_are_worth_it_and_large_ones_not(entry):
    (job,) = jobs_of(entry, "mixup", (0,), 1)
    assert lockstep.lockstep_pays_off(job.model, job.data, job.recipe, 12)
    assert not lockstep.lockstep_pays_off(job.model, job.data, job.recipe.model_copy(update={"batch": 10**6}), 12)
    assert not lockstep.lockstep_pays_off(job.model, job.data, job.recipe, 10**6)


@pytest.mark.parametrize("text", ["mixup", "manifold_mixup", "k_mixup"])
def test_what_a_training_held_is_free_at_its_end(text, monkeypatch):
    """Without the garbage collector, which knows nothing of a card's memory: no part refers back to what holds it."""
    made, first = [], BatchSource.__init__

    def noted(self, job, info):
        first(self, job, info)
        made.append(weakref.ref(self))

    monkeypatch.setattr(BatchSource, "__init__", noted)
    gc.disable()
    try:
        for executor in (lockstep.fit, loop.fit):
            jobs = [job_of("wine(rows=24, test=0.6)", text, seed=seed, steps=6, block=2) for seed in (0, 1)]
            assert all(isinstance(result, TrainResult) for result in executor(jobs))
        assert len(made) == 4
        assert [ref() for ref in made] == [None] * 4
    finally:
        gc.enable()
