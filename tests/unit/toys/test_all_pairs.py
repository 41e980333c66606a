"""All pairs of a batch against every pair by itself."""

import pytest
import torch
from support.tasks import job_of
from support.toy_tasks import toy

from mixsuite.errors import InputError
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Plan, Tail
from mixsuite.mixing.engine import interpolate, two_term_loss
from mixsuite.mixing.losses import LOSSES
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info


@pytest.mark.parametrize(
    ("text", "lam", "lam_y"), [(toy("all_pairs"), 0.6, 0.6), (toy("all_pairs", "lam=0.3, lam_y=0.9"), 0.3, 0.9)]
)
def test_all_pairs_are_every_pair_through_the_engine(text, lam, lam_y):
    job = job_of(toy("feature_noise", "dims=12, rows=10"), text, batch=10)
    feed, model = BatchSource(job, task_info(job)), job.model
    x, batch = feed.batch(0)
    fast = job.method.objective(
        Tail(lambda h: model(h, 1)), model(x, 0, 1), batch, feed.plan(0, batch), LOSSES["class"]
    )
    found = torch.autograd.grad(fast, model.stages[0].weight)[0]
    i, j = (v.flatten() for v in torch.meshgrid(torch.arange(10), torch.arange(10), indexing="ij"))
    every = Plan(j, torch.full((100,), lam, dtype=torch.float64), torch.full((100,), lam_y, dtype=torch.float64), own=i)
    slow = two_term_loss(model(interpolate(x, every)), batch, every, LOSSES["class"])
    torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-12)
    wanted = torch.autograd.grad(slow, model.stages[0].weight)[0]
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("inside", ["lam=2", "lam_y=-1", "site=input"])
def test_parameters_out_of_range_are_refused(inside):
    with pytest.raises(InputError, match="allowed is"):
        resolve_method(toy("all_pairs", inside))
