"""Partners within a class."""

import pytest
import torch
from support.methods import plan_of


@pytest.mark.parametrize("step", range(5))
def test_same_class_partners_are_of_the_class_and_each_row_is_one(step):
    y = torch.tensor([0, 0, 1, 0, 2, 1, 0, 0, 1, 0])
    plan = plan_of("same_class(lam=row)", y=y, step=step)
    assert torch.equal(y[plan.partner], y)
    assert sorted(plan.partner.tolist()) == list(range(10))
    alone = [i for i in range(10) if plan.partner[i] == i]
    assert alone == [4]  # the one row of its class; in classes of two and more nobody is left alone
    assert (plan.wy == 1).all()
    assert torch.equal(plan.wx, plan_of("mixup(lam=row)", y=y, step=step).wx)
