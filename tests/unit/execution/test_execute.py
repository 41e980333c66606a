"""What executes a run: data and model, training, numbers."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.blocks import train_block

from mixsuite.errors import InputError
from mixsuite.evaluation.scores import error_or_rmse
from mixsuite.execution.execute import make_job, open_task, outputs, reset_global_state, result_of, train
from mixsuite.experiment.build import load_parts, make_method


@pytest.fixture
def opened(tiny):
    """opened(method, dataset): a run, and its task opened for the run's seed."""

    def make(method="mixup", dataset=None):
        if dataset:
            tiny.write_text(tiny.read_text().replace("iris(rows=20)@tiny", dataset))
        (run,) = train_block(tiny, method).runs
        parts = load_parts(run.task)
        return run, open_task(run.task, parts, parts.dataset.load(Path()), run.seed, "cpu")

    return make


def trained_by(executor, run, task):
    (trained,) = train([make_job(task, run, make_method(run.method), 2)], executor)
    return trained


def test_a_task_is_opened_for_one_seed(opened):
    _, task = opened()
    assert (len(task.data.train), task.recipe.steps, task.seed) == (20, 10, 0)
    one, other = task.model(), task.model()
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a is not b


def test_a_task_that_cannot_be_split_as_asked_is_bad_input(opened):
    with pytest.raises(InputError, match="rows=500: Wine has 100 training rows at most"):
        opened(dataset="wine(rows=500)@tiny")


def test_a_job_has_the_runs_seed_and_the_tasks_choice(opened):
    run, task = opened()
    job = make_job(task, replace(run, seed=5), make_method(run.method), block=3)
    assert (job.seed, job.select, job.block, job.domain, job.score) == (5, "last", 3, "tabular", error_or_rmse)
    assert job.augment == ()


@pytest.mark.parametrize("executor", ["loop", "lockstep"])
def test_a_trained_model_becomes_numbers(opened, executor):
    run, task = opened()
    trained = trained_by(executor, run, task)
    result = result_of(trained, task.data, outputs(trained, task.data), deterministic=True)
    out, y = outputs(trained, task.data)
    assert result.metrics["error"] == pytest.approx(float((out.argmax(1) != y).float().mean()))
    assert (result.status, result.steps) == ("ok", 10)
    assert result.parts == {name: len(getattr(task.data, name)) for name in ("train", "valid", "test")}
    assert result.executor["deterministic"] is True
    assert result.executor["kind"] == executor
    assert result.digests == task.data.digests | trained.digests
    assert result.parameters == sum(p.numel() for p in trained.model.parameters())


def test_numbers_are_told_in_the_targets_units(opened):
    run, task = opened("erm", "diabetes(rows=40)@tiny")
    trained = trained_by("loop", run, task)
    out, y = outputs(trained, task.data)
    assert y.mean() > 50  # the disease's progress, not its standardised form
    rmse = result_of(trained, task.data, outputs(trained, task.data), False).metrics["rmse"]
    assert rmse == pytest.approx(float((out - y).square().mean().sqrt()), rel=1e-5)


@pytest.mark.parametrize("dataset", ["iris(rows=20)@tiny", "diabetes(rows=40)@tiny"])
def test_the_training_error_is_that_of_the_unmixed_training_rows(opened, dataset):
    run, task = opened("mixup", dataset)
    trained = trained_by("loop", run, task)
    error = result_of(trained, task.data, outputs(trained, task.data), False).train_error
    trained.model.eval()
    with torch.no_grad():
        out, y = trained.model(task.data.train.x), task.data.train.y
    if task.data.kind == "class":
        wanted = float((out.argmax(1) != y).float().mean())
    else:
        wanted = float(((out - y) * task.data.target_std).square().mean().sqrt())
    assert error == pytest.approx(wanted, rel=1e-5)


def test_outputs_that_are_no_numbers_fail_the_run(opened):
    run, task = opened()
    trained = trained_by("loop", run, task)
    with torch.no_grad():
        for weights in trained.model.parameters():
            weights.fill_(float("nan"))
    result = result_of(trained, task.data, outputs(trained, task.data), False)
    assert (result.status, result.metrics) == ("failed", {})
    assert result.reason.startswith("not a number")


def test_every_run_finds_the_same_global_state():
    def draws():
        return torch.rand(2).tolist(), np.random.rand(2).tolist(), random.random()

    try:
        reset_global_state(3)
        first = draws()
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        reset_global_state(3)
        assert draws() == first
        assert (torch.get_default_dtype(), torch.get_num_threads()) == (torch.float32, 1)
        reset_global_state(4)
        assert draws() != first
    finally:
        reset_global_state(0)
