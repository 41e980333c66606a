"""Balanced-MixUp: partners of uniformly drawn classes, with the law of the shares."""

import pytest
import torch
from scipy import stats
from support.methods import method

from mixsuite.mixing import Batch, TrainInfo
from mixsuite.mixing.methods.balanced_mixup import BalancedMixup
from mixsuite.mixing.rng import Rng


def test_classes_come_alike_however_rare_they_are_and_so_do_a_classes_rows():
    y = torch.tensor([0] * 90 + [1] * 8 + [3] * 2)  # class 2 has no row
    train = TrainInfo(torch.zeros(100, 1), y, 100, 4, "class", ())
    one = method("balanced_mixup")
    batch = Batch(y[:50], (1,), torch.tensor(0.0), one.prepare(train), rows=torch.arange(50), size=50)
    drawn = torch.cat([one.more_rows(batch, Rng(0, 50).at(step)) for step in range(200)])
    counts = y[drawn].bincount(minlength=4)
    assert counts[2] == 0
    assert stats.chisquare(counts[[0, 1, 3]]).pvalue > 0.001
    assert stats.chisquare(drawn[y[drawn] == 1].bincount(minlength=98)[90:]).pvalue > 0.001


def test_the_own_share_is_one_minus_a_beta_of_alpha_and_one():
    batch = Batch(torch.zeros(8, dtype=torch.int64), (1,), torch.tensor(0.0), {}, rows=torch.arange(8), size=4)
    shares = torch.cat([method("balanced_mixup(alpha=0.3)").plan(batch, Rng(0, 4).at(s)).wy for s in range(500)])
    assert stats.kstest(1 - shares.numpy(), stats.beta(0.3, 1).cdf).pvalue > 0.001
    assert method("balanced_mixup").plan(batch, Rng(0, 4).at(0)).partner.tolist() == [4, 5, 6, 7]
    with pytest.raises(ValueError, match="alpha=0"):
        BalancedMixup(alpha=0)
