"""Manifold mixup: mixup where it mixes, at sites as drawn."""

import torch
from support.methods import exact_plan, method
from torch.nn import functional as F

from mixsuite.mixing.rng import Rng
from mixsuite.training.batches import BatchSource
from mixsuite.training.job import task_info
from mixsuite.training.loop import train


def test_manifold_mixup_is_mixup_where_it_mixes():
    a, b = exact_plan("manifold_mixup(alpha=0.7)"), exact_plan("mixup(alpha=0.7)")
    assert torch.equal(a.partner, b.partner)
    assert torch.equal(a.wx, b.wx)
    assert method("manifold_mixup").site == "random"
    assert method("manifold_mixup(site=hidden)").site == "hidden"


def test_manifold_mixup_equals_a_slow_twin_at_every_site(job):
    """The twin runs the stages by hand and mixes between them; sites as the run drew them."""
    j, twin = (job("manifold_mixup", dtype=torch.float64, precision="float64") for _ in "ab")
    feed = BatchSource(twin, task_info(twin))
    assert len(set(feed.sites)) > 1
    optimizer = torch.optim.SGD(twin.model.parameters(), 0.1, momentum=0.9, nesterov=True)
    for step in range(12):
        x, y = twin.data.train.x[feed.rows[step]], F.one_hot(twin.data.train.y[feed.rows[step]], 2).double()
        rng = Rng(0, 8, dtype=torch.float64).at(step)
        lam, partner = rng.beta(2.0, 2.0, 1), rng.permutation(8)
        for gap, stage in enumerate([*twin.model.stages, None]):
            if gap == twin.model.sites[feed.sites[step]]:
                x, y = lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner]
            x = stage(x) if stage is not None else x
        optimizer.zero_grad()
        F.cross_entropy(x, y).backward()
        optimizer.step()
    for mine, theirs in zip(train(j).model.parameters(), twin.model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=1e-10)
