"""AlignMixup: the transport plan against a linear programme, and the mixture of aligned features."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from support.methods import method, picture_plan

from mixsuite.mixing import TaskInfo
from mixsuite.mixing.methods.align_mix import AlignMix, _aligned


def features(n=6, c=5, side=3, seed=0):
    return torch.randn(n, c, side, side, generator=torch.Generator().manual_seed(seed))


def test_at_a_small_weight_the_plan_is_the_best_assignment_of_places():
    own, partner = features(), features(seed=1)
    found = _aligned(own, partner, AlignMix(eps=0.002, rounds=1000))
    for i in range(6):
        a, b = (h[i].flatten(1).T.numpy() for h in (own, partner))
        cost = ((a[:, None] - b[None]) ** 2).sum(2)
        _, place = linear_sum_assignment(cost)
        assert np.abs(found[i].flatten(1).T.numpy() - b[place]).mean() < 0.06  # it has not quite settled


def test_sinkhorn_by_hand():
    own, partner, one = features(n=2), features(n=2, seed=1), AlignMix(rounds=200)
    a, b = (h[0].flatten(1).T.double() for h in (own, partner))
    cost = torch.stack([torch.stack([(p - q).square().sum() for q in b]) for p in a])
    k = (-cost / (one.eps * cost.mean())).exp()
    u = v = torch.ones(9, dtype=torch.float64)
    for _ in range(200):
        u = 1 / (k @ v)
        v = 1 / (k.T @ u)
    u = 1 / (k @ v)
    wanted = (u[:, None] * k * v) @ b
    torch.testing.assert_close(_aligned(own, partner, one)[0].flatten(1).T.double(), wanted, rtol=1e-3, atol=1e-3)


def test_features_that_are_moved_places_are_moved_back():
    own = features()
    shuffled = own.flatten(2)[:, :, torch.randperm(9, generator=torch.Generator().manual_seed(2))].reshape(own.shape)
    back = _aligned(own, shuffled, AlignMix(eps=0.01, rounds=300))
    torch.testing.assert_close(back, own, atol=0.05, rtol=0.05)


def test_half_of_the_steps_are_aligned_and_the_others_are_mixup():
    h = features(n=16)
    seen = set()
    for step in range(12):
        plan = picture_plan("align_mix", shape=(5, 3, 3), step=step)
        on = bool(plan.extra["aligned"][0])
        seen.add(on)
        partner = h[plan.partner]
        lam = plan.wx.reshape(-1, 1, 1, 1)
        wanted = lam * h + (1 - lam) * (_aligned(h, partner, method("align_mix")) if on else partner)
        torch.testing.assert_close(method("align_mix").mix(h, plan), wanted, rtol=1e-4, atol=1e-5)
    assert seen == {True, False}


def test_it_needs_features_with_few_enough_places():
    for sites, said in (
        ({"hidden": (8,)}, "needs a site with features"),
        ({"hidden": (4, 32, 32)}, "1024 places are too many"),
    ):
        assert said in AlignMix().reject(TaskInfo("images", "class", 3, sites, 8, 100))
    assert AlignMix().reject(TaskInfo("images", "class", 3, {"hidden": (4, 8, 8)}, 8, 100)) is None
    for bad in ({"eps": 0}, {"rounds": 0}, {"alpha": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            AlignMix(**bad)
