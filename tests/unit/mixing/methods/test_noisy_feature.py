"""Noisy feature mixup: the noise of the paper."""

import numpy as np
import pytest
import torch
from scipy import stats as laws
from support.methods import method, plan_of, rows

from mixsuite.mixing import interpolate


def test_noisy_feature_has_the_noise_of_the_paper():
    """z (1 + m b2 (2U - 1)) + a b1 N: without noise mixup, and moments of what is added."""
    x = rows()
    plain = interpolate(x, plan_of("mixup"))
    quiet = method("noisy_feature(add=0, multiply=0, site=input)")
    assert torch.equal(quiet.mix(x, plan_of("noisy_feature(add=0, multiply=0, site=input)")), plain)
    added, factors = [], []
    for step in range(60):
        plan = plan_of("noisy_feature(add=0.4, multiply=0.2, site=input)", step=step)
        added.append(float(plan.extra["shift"].square().mean()))
        factors.append(float((plan.extra["scale"] - 1).square().mean()))
        assert float((plan.extra["scale"] - 1).abs().max()) <= 0.2
    second = laws.beta(2, 5).moment(2)
    assert np.mean(added) == pytest.approx(0.4**2 * second, rel=0.35)
    assert np.mean(factors) == pytest.approx(0.2**2 * second / 3, rel=0.35)
    clip = (rows(shape=(3, 6)), torch.ones(12, 1, 6))
    clip[1][:, :, 4:] = 0
    noisy = method("noisy_feature(site=input)")
    moved, mask = noisy.mix((clip[0] * clip[1], clip[1]), plan_of("noisy_feature(site=input)", shape=(3, 6)))
    assert (moved * (mask == 0) == 0).all()
