"""mixup against a slow twin, torchvision and timm."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.libraries import TimmDraws, one_hot, timm_twin, torchvision_twin
from support.methods import picture_plan

from mixsuite.mixing import Plan, interpolate, over

PICTURE = (3, 8, 8)


@pytest.mark.slow
@given(st.integers(0, 50), st.sampled_from(["batch", "row"]), st.sampled_from([0.2, 1.0, 8.0]))
def test_mixup_equals_its_slow_twin(step, lam, alpha):
    """The twin: a permutation, and for each row lambda by the Beta quantile, written as a Python loop."""
    from scipy.stats import beta

    from mixsuite.mixing.rng import uniforms

    n, law = 16, beta(alpha, alpha)
    plan = picture_plan(f"mixup(alpha={alpha}, lam={lam})", n, step=step)
    ranks, quantiles = (uniforms(0, f"draw/{kind}", step, 1, n)[0] for kind in ("partner", "lam"))
    x = torch.randn(n, *PICTURE, generator=torch.Generator().manual_seed(step))
    mixed = interpolate(x, plan)
    order = sorted(range(n), key=lambda i: ranks[i])
    for i in range(n):
        share = float(law.ppf(quantiles[i if lam == "row" else 0]))
        torch.testing.assert_close(mixed[i], share * x[i] + (1 - share) * x[order[i]], atol=1e-5, rtol=1e-4)
        assert float(plan.wy[i]) == pytest.approx(share, abs=1e-6)


def test_two_alphas_share_partners_and_quantiles():
    from scipy.stats import beta

    narrow, wide = picture_plan("mixup(alpha=0.2, lam=row)", step=4), picture_plan("mixup(alpha=1.0, lam=row)", step=4)
    assert torch.equal(narrow.partner, wide.partner)
    assert not torch.equal(narrow.wy, wide.wy)
    torch.testing.assert_close(
        torch.tensor(beta(0.2, 0.2).cdf(narrow.wy.numpy())).float(), wide.wy, atol=1e-3, rtol=1e-3
    )


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.75, 1.0])
def test_mixup_equals_torchvision_on_the_same_lambda_and_partner(lam):
    x, y = torch.randn(8, *PICTURE), torch.arange(8) % 4
    share = torch.full((8,), lam)
    plan = Plan(torch.arange(8).roll(1), over(share, PICTURE), share)
    image, target = torchvision_twin("mixup", x, y, {"lam": lam})
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = one_hot(y)
    torch.testing.assert_close(share[:, None] * hot + (1 - share)[:, None] * hot[plan.partner], target)


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.75])
def test_mixup_equals_timm_on_the_same_lambda_and_partner(lam, monkeypatch):
    x, y = torch.randn(8, *PICTURE), torch.arange(8) % 4
    image, target = timm_twin(monkeypatch, x, y, TimmDraws(lam), mixup_alpha=1.0)
    share = torch.full((8,), lam)
    plan = Plan(torch.arange(7, -1, -1), over(share, PICTURE), share)
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = one_hot(y)
    torch.testing.assert_close(share[:, None] * hot + (1 - share)[:, None] * hot[plan.partner], target)
