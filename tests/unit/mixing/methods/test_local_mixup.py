"""Local mixup against its weights, pair by pair."""

import math

import pytest
import torch
from support.methods import plan_of, rows

from mixsuite.mixing.methods.local_mixup import LocalMixup


def test_a_pair_weighs_less_the_further_apart_it_is():
    x = rows(shape=(4,))
    plan = plan_of("local_mixup(sharp=2)", shape=(4,), x=x)
    apart = [math.dist(x[i].tolist(), x[j].tolist()) for i, j in enumerate(plan.partner)]
    near = [math.exp(-2 * d / (sum(apart) / len(apart))) for d in apart]
    torch.testing.assert_close(plan.weight, torch.tensor(near) / sum(near))


def test_a_sharpness_of_zero_is_mixup():
    plan, mixup = plan_of("local_mixup(sharp=0)", x=rows()), plan_of("mixup")
    torch.testing.assert_close(plan.weight, torch.full((12,), 1 / 12))
    assert torch.equal(plan.partner, mixup.partner)
    assert torch.equal(plan.wx, mixup.wx)


def test_clips_are_compared_by_their_first_leaf():
    x = rows(shape=(2, 5))
    both = plan_of("local_mixup", shape=(2, 5), x=(x, torch.ones(12, 1, 5)))
    assert torch.equal(both.weight, plan_of("local_mixup", shape=(2, 5), x=x).weight)
    with pytest.raises(ValueError, match="sharp=-1"):
        LocalMixup(sharp=-1)
