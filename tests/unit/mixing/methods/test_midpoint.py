"""Midpoint mixup is mixup at one half."""

import torch
from support.methods import plan_of, rows

from mixsuite.mixing import interpolate


def test_midpoint_is_mixup_at_one_half():
    x, plan = rows(), plan_of("midpoint")
    assert torch.equal(plan.partner, plan_of("mixup").partner)
    torch.testing.assert_close(interpolate(x, plan), (x + x[plan.partner]) / 2)
    assert (plan.wy == 0.5).all()
