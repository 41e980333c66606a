"""A training that was stopped and goes on gives the bytes of one that was not."""

import io
from dataclasses import replace

import pytest
import torch

from mixsuite.errors import InputError
from mixsuite.plugins.entry import parse_call
from mixsuite.plugins.kinds import OPTIMIZER
from mixsuite.plugins.load import load_plugin
from mixsuite.training import checkpoint
from mixsuite.training.checkpoint import Stopped, between
from mixsuite.training.executors import EXECUTORS
from mixsuite.training.optimizer import Optimizer

METHODS = [
    "erm", "mixup", "cutmix", "manifold_mixup(site=random)", "multi_mix", "regmixup", "mixupe", "recursive_mix",
    "mixup(batch=2)", "mixup(stop=0.5)", "batch_augmentation",
]  # fmt: skip
OPTIMIZERS = ["sgd", "adam", "adamw", "sam", "muon", "lion", "torch:NAdam", "torch:LBFGS(max_iter=2)"]


class Memory:
    """A checkpoint that is kept as the bytes of a file, and stops the training whenever it is."""

    name = "a checkpoint"

    def __init__(self, wanted=True):
        self.content, self.stops, self.wanted = None, 0, wanted

    def load(self, device):
        return None if self.content is None else torch.load(io.BytesIO(self.content), device, weights_only=True)

    def due(self):
        return self.wanted

    def keep(self, state):
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.content = buffer.getvalue()
        self.stops += 1
        raise Stopped(f"before step {state['step'] + 1}")


@pytest.fixture(autouse=True)
def every_fifth(monkeypatch):
    monkeypatch.setattr(checkpoint, "APART", 5)


def trained(make, executor="loop"):
    """Train jobs from checkpoint to checkpoint; return (their results, how often they were stopped)."""
    kept = Memory()
    for _ in range(20):
        jobs = [replace(one, checkpoint=kept) for one in make()]
        try:
            results = EXECUTORS[executor](jobs)
        except Stopped:
            continue
        if not any(isinstance(result, Stopped) for result in results):
            return results, kept.stops
    raise AssertionError("it never ends")


def same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert one.digests == other.digests
        assert one.curve == other.curve
        assert (one.rows_per_step, one.executor) == (other.rows_per_step, other.executor)


@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_method_goes_on_as_if_it_had_never_stopped(job, method):
    def make():
        return [job(method, domain="images", steps=17)]

    results, stops = trained(make)
    same(results, EXECUTORS["loop"](make()))
    assert stops == 3 * make()[0].method.length


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_goes_on_as_if_it_had_never_stopped(job, optimizer):
    plugin = load_plugin(OPTIMIZER, parse_call(optimizer), Optimizer).instance

    def make():
        return [replace(job("mixup", lr=0.05, steps=17), optimizer=plugin)]

    results, stops = trained(make)
    same(results, EXECUTORS["loop"](make()))
    assert stops == 3


@pytest.mark.parametrize("options", [{"model": "mlp(width=8, depth=2, dropout=0.5)"}, {"select": "best_validation"}])
def test_masks_and_the_best_weights_so_far_are_not_lost(job, options):
    def make():
        return [job("mixup", steps=43, **options)]

    same(trained(make)[0], EXECUTORS["loop"](make()))


@pytest.mark.parametrize("method", ["erm", "mixup", "regmixup", "mixup(site=random)"])
@pytest.mark.parametrize("select", ["last", "best_validation"])
def test_seeds_in_lockstep_go_on_as_if_they_had_never_stopped(job, method, select):
    def make():
        return [replace(job(method, seed=seed, steps=17, select=select), block=4) for seed in (0, 1, 3)]

    results, stops = trained(make, "lockstep")
    same(results, EXECUTORS["lockstep"](make()))
    assert stops == 3


def test_a_run_that_has_diverged_stays_so(job):
    def make():
        return [replace(job("erm", seed=seed, steps=17, lr=1e30 if seed else 0.1), block=2) for seed in (0, 1)]

    def of_one_recipe():
        first, second = make()
        second.model.stages[0][0].weight.data.fill_(float("inf"))
        return [first, replace(second, recipe=first.recipe)]

    (ours, gone), _ = trained(of_one_recipe, "lockstep")
    theirs, _ = EXECUTORS["lockstep"](of_one_recipe())
    same([ours], [theirs])
    assert "loss is" in str(gone)


def test_a_checkpoint_that_is_not_due_changes_nothing(job):
    kept = Memory(wanted=False)
    (ours,) = EXECUTORS["loop"]([replace(job("mixup", steps=17), checkpoint=kept)])
    same([ours], EXECUTORS["loop"]([job("mixup", steps=17)]))
    assert kept.content is None


def test_a_checkpoint_of_another_training_is_refused(job):
    kept = Memory()
    EXECUTORS["loop"]([replace(job("mixup", steps=17), checkpoint=kept)])
    (error,) = EXECUTORS["loop"]([replace(job("mixup", steps=17, model="mlp(width=9, depth=2)"), checkpoint=kept)])
    assert isinstance(error, InputError)
    assert str(error).startswith("a checkpoint: not of this run (")
    assert str(error).endswith("); remove it to begin anew")


def test_trainings_can_be_stopped_between_fixed_steps(monkeypatch):
    monkeypatch.undo()
    assert [step for step in range(2000) if between(step)] == [512, 1024, 1536]
