"""MixStyle against its formula, channel by channel."""

import pytest
import torch
from support.methods import method, plan_of, rows

from mixsuite.mixing.methods.mix_style import MixStyle


def slow(x, plan, mask=None):
    """The styled rows, one channel of one row at a time."""
    out = x.clone()
    for i, (lam, j) in enumerate(zip(plan.wx.flatten(), plan.partner, strict=True)):
        for c in range(x.shape[1]):
            where = [
                torch.ones_like(x[k, c], dtype=bool) if mask is None else (mask[k, 0] > 0).expand_as(x[k, c])
                for k in (i, j)
            ]
            (m, s), (m2, s2) = (
                (v[w].mean(), (v[w].var(unbiased=False) + 1e-6).sqrt())
                for v, w in zip((x[i, c], x[j, c]), where, strict=True)
            )
            styled = (lam * s + (1 - lam) * s2) * (x[i, c] - m) / s + lam * m + (1 - lam) * m2
            out[i, c] = styled if mask is None else torch.where(where[0], styled, 0)
    return out


def test_a_channel_gets_the_mixed_mean_and_deviation_and_keeps_its_form():
    plan, x = plan_of("mix_style(prob=1)"), rows()
    found = method("mix_style(prob=1)").mix(x, plan)
    torch.testing.assert_close(found, slow(x, plan), rtol=1e-4, atol=1e-4)
    assert (plan.wy == 1).all()


def test_padding_counts_in_no_statistic():
    x, lengths = rows(shape=(3, 9)), torch.arange(12) % 6 + 3
    mask = (torch.arange(9) < lengths[:, None])[:, None].float()
    plan = plan_of("mix_style(prob=1)", shape=(3, 9))
    found, kept = method("mix_style(prob=1)").mix((x * mask, mask), plan)
    torch.testing.assert_close(found, slow(x * mask, plan, mask) * mask, rtol=1e-4, atol=1e-4)
    assert kept is mask


def test_a_step_mixes_with_the_chance_that_was_asked_for():
    on = [bool((plan_of("mix_style(prob=0.3)", step=step).wx < 1).any()) for step in range(200)]
    assert 0.2 < sum(on) / 200 < 0.4
    assert not any(bool((plan_of("mix_style(prob=0)", step=step).wx < 1).any()) for step in range(20))
    x, off = rows(), plan_of("mix_style(prob=0)")
    assert torch.equal(method("mix_style(prob=0)").mix(x, off), x)


def test_values_out_of_range_are_refused():
    for bad in ({"alpha": 0}, {"prob": 2}):
        with pytest.raises(ValueError, match="allowed is"):
            MixStyle(**bad)
