"""RankMixup against its sum, row by row."""

import pytest
import torch
from support.methods import method, plan_of, rows
from torch.nn import functional as F

from mixsuite.mixing import Batch, Tail
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.rank_mixup import RankMixup


def test_a_mixed_row_must_be_less_sure_than_the_row_that_it_is_nearer_to():
    x, y = rows(shape=(6,)), torch.arange(12) % 3
    torch.manual_seed(0)
    net = torch.nn.Linear(6, 3)
    text = "rank_mixup(weight=0.7, margin=0.1)"
    plan, tail = plan_of(text, shape=(6,)), Tail(net)
    found = method(text).objective(tail, x, Batch(y, (6,), torch.tensor(0.0), {}), plan, cross_entropy)
    total = 0.0
    for i in range(12):
        lam, j = float(plan.wy[i]), int(plan.partner[i])
        z = lam * x[i] + (1 - lam) * x[j]
        nearer = x[i] if lam >= 0.5 else x[j]
        total += max(0.0, float((net(z).softmax(0).max() - net(nearer).softmax(0).max()).detach()) + 0.1) / 12
    assert total > 0
    assert float(found.detach()) == pytest.approx(float(F.cross_entropy(net(x), y).detach()) + 0.7 * total, rel=1e-5)
    assert tail.rows == 24


def test_values_out_of_range_are_refused():
    for bad in ({"weight": -1}, {"margin": 2}, {"alpha": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            RankMixup(**bad)
