"""One quantile, two laws."""

import numpy as np
import pytest
import torch
from scipy import stats
from support.methods import exact_plan

from mixsuite.mixing.rng import uniforms

B = 12


def test_decoupled_draws_one_quantile_for_two_laws():
    plan = exact_plan("decoupled(alpha=0.5, alpha_y=4.0, per=row)")
    x, y = plan.wx.flatten().numpy(), plan.wy.numpy()
    np.testing.assert_allclose(stats.beta(0.5, 0.5).cdf(x), stats.beta(4, 4).cdf(y), atol=1e-9)
    np.testing.assert_allclose(stats.beta(0.5, 0.5).cdf(x), uniforms(0, "draw/lam", 2, 1, B)[0], atol=1e-9)
    fixed = exact_plan("decoupled(lam=0.6, lam_y=0.8)")
    assert fixed.wx.unique().tolist() == pytest.approx([0.6])
    assert fixed.wy.unique().tolist() == pytest.approx([0.8])
    same, mixup = exact_plan("decoupled(alpha=1.0, alpha_y=1.0)"), exact_plan("mixup")
    assert torch.equal(same.wx, mixup.wx)
    assert torch.equal(same.wy, mixup.wy)
