"""The target of mixed rows: its loss, and its shares."""

import pytest
import torch
from torch.nn import functional as F

from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.method import Batch
from mixsuite.mixing.mixed_target import Target
from mixsuite.mixing.plan import Plan

Y = torch.tensor([0, 1, 2, 1])
PLAN = Plan(torch.tensor([1, 2, 3, 0]), torch.ones(4), torch.tensor([1.0, 0.75, 0.5, 0.0]))
BATCH = Batch(Y, (2,), torch.tensor(0.0), {})


def test_the_loss_is_that_of_the_shares():
    out = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    target = Target(BATCH, PLAN, cross_entropy)
    shares = target.soft(3)
    assert shares.tolist() == [[1, 0, 0], [0, 0.75, 0.25], [0, 0.5, 0.5], [1, 0, 0]]
    assert float(target.loss(out)) == pytest.approx(float(F.cross_entropy(out, shares)))
    plain = Target(BATCH, None, cross_entropy)
    assert plain.soft(3).argmax(1).tolist() == Y.tolist()
    assert float(plain.loss(out)) == pytest.approx(float(F.cross_entropy(out, Y)))


def test_rows_with_weights_have_no_shares():
    weighed = Target(BATCH._replace(row_weight=torch.ones(4)), PLAN, cross_entropy)
    with pytest.raises(ValueError, match=r"use target\.loss\(out\)"):
        weighed.soft(3)
