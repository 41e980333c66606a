"""StyleMix against its formula, channel by channel."""

import numpy as np
import pytest
import torch
from support.methods import method, picture_plan, plan_of, rows

from mixsuite.mixing import TaskInfo
from mixsuite.mixing.methods.style_mix import StyleMix


def adain(content, style):
    """One channel's form with another channel's mean and deviation."""
    (m, s), (m2, s2) = ((v.mean(), (v.var(unbiased=False) + 1e-6).sqrt()) for v in (content, style))
    return (content - m) / s * s2 + m2


@pytest.mark.parametrize("text", ["style_mix(prob=1)", "style_mix(prob=1, lam=row)"])
def test_a_mixed_channel_is_the_sum_of_the_four_pairs_of_form_and_style(text):
    x = 3 * rows(16, (3, 8, 8)) + torch.arange(16).reshape(-1, 1, 1, 1)
    plan = picture_plan(text)
    found = method(text).mix(x, plan)
    wanted = torch.zeros_like(x)
    for i, j in enumerate(plan.partner.tolist()):
        c, s, t = (float(v.flatten()[i]) for v in (plan.extra["content"], plan.wx, plan.extra["both"]))
        for k in range(3):
            own, other = x[i, k], x[j, k]
            wanted[i, k] = t * own + (1 - c - s + t) * other + (c - t) * adain(own, other) + (s - t) * adain(other, own)
        assert float(plan.wy[i]) == pytest.approx(0.7 * c + 0.3 * s)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_content_is_the_forms_share_and_style_that_of_means():
    x = rows(16, (3, 8, 8)) + 5 * torch.arange(16).reshape(-1, 1, 1, 1)
    plan = picture_plan("style_mix(prob=1)")
    found = method("style_mix(prob=1)").mix(x, plan)
    mean, style = x.mean((2, 3)), plan.wx.reshape(-1, 1)
    torch.testing.assert_close(
        found.mean((2, 3)), style * mean + (1 - style) * mean[plan.partner], rtol=1e-4, atol=1e-3
    )
    forms = x - x.mean((2, 3), keepdim=True)
    forms = forms / (x.std((2, 3), correction=0, keepdim=True))
    for content, kept, other in ((1.0, forms, forms[plan.partner]), (0.0, forms[plan.partner], forms)):
        both = plan.wx.flatten() if content else torch.zeros(16)
        whole = plan._replace(extra={"content": torch.full((16,), content), "both": both})
        z = method("style_mix(prob=1)").mix(x, whole)
        z = (z - z.mean((2, 3), keepdim=True)) / z.std((2, 3), correction=0, keepdim=True)
        torch.testing.assert_close(z, kept, rtol=1e-3, atol=1e-3)
        assert (z - other).abs().mean() > 0.5


def test_shares_are_of_their_laws_and_every_pair_has_a_share_from_0_to_1():
    seen = []
    for step in range(300):
        plan = plan_of("style_mix(prob=1)", step=step)
        c, s, t = (float(v.flatten()[0]) for v in (plan.extra["content"], plan.wx, plan.extra["both"]))
        assert all(-1e-6 < share < 1 + 1e-6 for share in (t, 1 - c - s + t, c - t, s - t))
        seen.append((c, s))
    assert abs(np.corrcoef(np.array(seen).T)[0, 1]) < 0.2
    assert np.allclose(np.mean(seen, 0), 0.5, atol=0.06)


def test_a_step_mixes_with_the_chance_that_was_asked_for():
    plans = [plan_of("style_mix(prob=0.3)", step=step) for step in range(200)]
    assert 0.2 < np.mean([bool((plan.wx < 1).any()) for plan in plans]) < 0.4
    x, off = rows(), plan_of("style_mix(prob=0)")
    assert torch.equal(method("style_mix(prob=0)").mix(x, off), x)
    assert (off.wy == 1).all()


def test_statistics_carry_no_gradient():
    x = rows(16, (3, 8, 8)).requires_grad_()
    plan, weight = picture_plan("style_mix(prob=1)"), rows(16, (3, 8, 8), seed=1)
    (gradient,) = torch.autograd.grad((weight * method("style_mix(prob=1)").mix(x, plan)).sum(), x)
    std = (x.detach().var((2, 3), correction=0, keepdim=True) + 1e-6).sqrt()
    c, s, t = (float(v.flatten()[0]) for v in (plan.extra["content"], plan.wx, plan.extra["both"]))
    for i in range(16):
        j, k = int(plan.partner[i]), int(plan.partner.argsort()[i])  # row i's partner, and the row whose partner it is
        wanted = (t + (c - t) * std[j] / std[i]) * weight[i] + (1 - c - s + t + (s - t) * std[k] / std[i]) * weight[k]
        torch.testing.assert_close(gradient[i], wanted, rtol=1e-3, atol=1e-3)


def test_values_out_of_range_and_sites_without_positions_are_refused():
    for bad in ({"alpha": 0}, {"prob": 2}, {"r": -1}):
        with pytest.raises(ValueError, match="allowed is"):
            StyleMix(**bad)
    task = TaskInfo("images", "class", 3, {"input": (3, 8, 8), "hidden": (8,)}, 8, 100)
    assert "needs channels with positions" in StyleMix().reject(task)
    assert StyleMix(site="input").reject(task) is None
