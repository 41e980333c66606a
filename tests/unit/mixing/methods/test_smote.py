"""SMOTE: synthetic rows between a row of a uniformly drawn class and one of its neighbours there."""

import pytest
import torch
from scipy import stats
from support.methods import method

from mixsuite.mixing import Batch, TrainInfo
from mixsuite.mixing.methods.smote import Smote
from mixsuite.mixing.rng import Rng


def part():
    g = torch.Generator().manual_seed(0)
    y = torch.tensor([0] * 30 + [1] * 6 + [2])
    return TrainInfo(torch.randn(37, 3, generator=g), y, 37, 3, "class", ())


def step(one, train, number, n=16):
    rows = torch.arange(n)
    batch = Batch(train.y[rows], (3,), torch.tensor(0.0), one.prepare(train), rows=rows, size=n)
    more = one.more_rows(batch, Rng(0, n).at(number))
    both = batch._replace(y=torch.cat([batch.y, train.y[more]]), rows=torch.cat([rows, more]))
    return both, one.plan(both, Rng(0, n).at(number))


def test_a_row_and_its_neighbour_are_of_one_class_and_near():
    train, one = part(), method("smote(k=2)")
    for number in range(20):
        batch, _ = step(one, train, number)
        first, second = batch.rows[16:32], batch.rows[32:]
        assert torch.equal(train.y[first], train.y[second])
        for i, j in zip(first.tolist(), second.tolist(), strict=True):
            same = [r for r in range(37) if train.y[r] == train.y[i] and r != i]
            same.sort(key=lambda r, i=i: float((train.x[r] - train.x[i]).norm()))
            assert j in (same[:2] or [i])  # the one row of class 2 stays as it is


def test_a_share_of_the_batch_is_replaced_and_the_target_is_the_class():
    train, one = part(), method("smote(share=0.25)")
    replaced, shares = [], []
    for number in range(100):
        batch, plan = step(one, train, number)
        away = plan.own >= 16
        assert torch.equal(plan.own[~away], torch.arange(16)[~away])
        assert torch.equal(plan.partner[away], plan.own[away] + 16)
        assert (plan.wx.flatten()[~away] == 1).all()
        assert (plan.wy == 1).all()
        assert torch.equal(batch.y[plan.own[away]], batch.y[plan.partner[away]])
        replaced.append(float(away.float().mean()))
        shares.append(plan.wx.flatten()[away])
    assert 0.2 < sum(replaced) / 100 < 0.3
    assert stats.kstest(torch.cat(shares).numpy(), "uniform").pvalue > 0.001
    for bad in ({"k": 0}, {"share": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            Smote(**bad)
