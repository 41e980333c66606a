"""TransMix: CutMix's boxes, and a target by the attention on either row's patches."""

import pytest
import torch
from support.methods import method, picture_plan, rows
from support.pictures import pictures

from mixsuite.errors import SkipRun
from mixsuite.mixing import Batch, Mixer, Tail, TaskInfo
from mixsuite.mixing.attention import seen_attention
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.trans_mix import TransMix
from mixsuite.models.images.vit_tiny import VitTiny

pytest.importorskip("timm")


def vit(size=8):
    torch.manual_seed(0)
    net = VitTiny(2, 12, 2, 3).build(pictures(size=size, classes=4))
    for name, weight in net.named_parameters():
        if name.endswith("qkv.weight"):
            weight.data *= 20  # so that attention is uneven
    return net


@pytest.mark.parametrize("text", ["trans_mix", "trans_mix(lam=row)"])
def test_the_target_is_the_attention_on_each_rows_own_patches(text):
    x, y, net = 3 * rows(16, (3, 8, 8)), torch.arange(16) % 4, vit()
    plan, cut = picture_plan(text, step=3), picture_plan(text.replace("trans_", "cut"), step=3)
    assert torch.equal(plan.wx, cut.wx)
    assert torch.equal(plan.partner, cut.partner)
    tail = Tail(net, net)
    found = method(text).objective(tail, x, Batch(y, (3, 8, 8), torch.tensor(0.0), {}), plan, cross_entropy)
    mixed = torch.where(plan.wx == 1, x, x[plan.partner])
    log_p = net(mixed).log_softmax(1).detach()
    _, attention = seen_attention(Tail(net, net), mixed)
    total, moved = 0.0, 0
    for i in range(16):
        pixels = attention[i].repeat_interleave(2, 0).repeat_interleave(2, 1) / 4
        share = float(pixels[plan.wx[i, 0] == 1].sum())
        moved += abs(share - float(plan.wy[i])) > 1e-3
        total -= float(share * log_p[i, y[i]] + (1 - share) * log_p[i, y[plan.partner[i]]]) / 16
    assert moved > 8
    assert float(found.detach()) == pytest.approx(total, rel=1e-4)
    assert tail.rows == 16


def test_it_trains_in_ones_own_loop_and_skips_other_models_with_the_reason():
    x, y, net = rows(16, (3, 8, 8)), torch.arange(16) % 4, vit()
    Mixer("trans_mix", seed=0).loss(net, x, y).backward()
    assert all(w.grad is not None for w in net.parameters())
    other = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4))
    with pytest.raises(SkipRun, match="which this model does not have"):
        Mixer("trans_mix", seed=0).loss(other, x, y)


def test_values_out_of_range_and_other_sites_are_refused():
    with pytest.raises(ValueError, match="alpha=0"):
        TransMix(alpha=0)
    sites = {"input": (3, 8, 8), "hidden": (4, 8, 8)}
    assert "its site is input" in TransMix(site="hidden").reject(TaskInfo("images", "class", 3, sites, 8, 100))
    assert TransMix().reject(TaskInfo("images", "class", 3, sites, 8, 100)) is None
