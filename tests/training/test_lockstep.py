"""Lockstep against the loop, its independent twin: in float64 both come to the same weights."""

from pathlib import Path

import pytest
import torch

from mixsuite.domains.build import make_data, make_model
from mixsuite.matrix import check_model, load_matrix
from mixsuite.recipe import Recipe
from mixsuite.resolve import make_dataset, make_domain, make_method, resolve_method, resolve_task
from mixsuite.training import Fitted, Job, lockstep, loop

STEPS = 30
TASKS = [
    "digits(rows=100, test=0.6)",
    "titanic(rows=100, test=0.6)",
    "titanic(rows=100, test=0.6)@tabular_embedded",
    "diabetes(rows=100, test=0.5)",
    "japanese_vowels(rows=90)",
    "mutag(rows=60, test=0.4)",
]
METHODS = load_matrix("methods").methods


def jobs_of(entry, method, seeds, block, dtype="float64", **values):
    task = resolve_task(entry, load_matrix("quick"))
    domain, dataset = make_domain(task.domain), make_dataset(task)
    recipe = check_model(Recipe, dict(task.recipe) | {"steps": STEPS, "precision": dtype} | values, "test")
    raw, spec = dataset.load(Path()), resolve_method(method)
    jobs = []
    for seed in seeds:
        data = make_data(domain, dataset, raw, seed, dtype=getattr(torch, dtype))
        model = make_model(domain, data, recipe, seed)
        jobs.append(Job(task.domain, data, model, make_method(spec), recipe, seed, block=block))
    return jobs


def assert_same(one, other, tolerance=1e-9):
    """Weights, buffers and curve alike, draws and plans to the bit."""
    assert type(one) is type(other)
    if not isinstance(one, Fitted):
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


@pytest.mark.parametrize("entry", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_float64_weights_are_the_loops(entry, method):
    side, alone = jobs_of(entry, method, (0, 1, 2), 3), jobs_of(entry, method, (0, 1, 2), 1)
    for one, other in zip(lockstep.fit(side), loop.fit(alone), strict=True):
        assert_same(one, other)
        if isinstance(one, Fitted):
            assert one.executor == {"kind": "lockstep", "block": 3}
