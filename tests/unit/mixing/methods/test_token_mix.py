"""TokenMix: masks of whole tokens in several blocks, and a target by an averaged teacher's attention."""

import copy

import pytest
import torch
from support.methods import method, picture_plan, rows
from support.pictures import pictures

from mixsuite.mixing import Batch, Tail, TaskInfo
from mixsuite.mixing.attention import seen_attention
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.token_mix import TokenMix
from mixsuite.models.images.vit_tiny import VitTiny


def masks(text, shape=(3, 28, 28), steps=20):
    """Masks [.., H, W] and lambdas of many rows."""
    plans = [picture_plan(text, shape=shape, step=step) for step in range(steps)]
    lam = [picture_plan("mixup(lam=row)", shape=shape, step=step).wy for step in range(steps)]
    return torch.cat([plan.wx[:, 0] for plan in plans]), torch.cat(lam), torch.cat([plan.wy for plan in plans])


def pieces(mask):
    """The number of connected pieces of the partner's tokens in one mask [h, w]."""
    todo, count = {(i, j) for i, j in torch.nonzero(mask == 0).tolist()}, 0
    while todo:
        count, edge = count + 1, [todo.pop()]
        while edge:
            i, j = edge.pop()
            near = {(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)} & todo
            todo -= near
            edge += near
    return count


def test_tokens_stay_whole_and_the_partner_gets_what_lambda_leaves_or_less():
    mask, lam, share = masks("token_mix(target=area, blocks=100, least=0.02)")
    tokens = mask[:, ::4, ::4]
    assert torch.equal(mask, tokens.repeat_interleave(4, 1).repeat_interleave(4, 2))
    given = (tokens == 0).sum((1, 2))
    wanted = ((1 - lam) * 49).round()
    assert (given <= wanted).all()
    assert ((wanted - given) <= 3).float().mean() > 0.9
    torch.testing.assert_close(share, mask.mean((1, 2)))


def test_there_are_several_blocks_where_cutmix_has_one_box():
    for least, share in ((0.02, 1 / 2), (14 / 196, 1 / 10)):
        mask, _, _ = masks(f"token_mix(target=area, least={least})", shape=(3, 56, 56))
        several = [pieces(one[::4, ::4]) > 1 for one in mask if 0.5 < one.mean() < 0.9]
        assert sum(several) > share * len(several)


def test_one_block_has_sides_of_the_allowed_ratio():
    mask, _, _ = masks("token_mix(target=area, blocks=1, least=0.3)", shape=(3, 80, 80))
    for one in mask[:, ::4, ::4]:
        if (one == 0).any():
            down, across = ((one == 0).any(axis) for axis in (1, 0))
            high, wide = int(down.sum()), int(across.sum())
            assert int((one == 0).sum()) == high * wide >= 0.2 * 400  # sides are rounded
            assert high / (wide + 1) < 1 / 0.3 + 0.5
            assert wide / (high + 1) < 1 / 0.3 + 0.5


def test_the_last_tokens_may_be_narrower():
    mask, _, share = masks("token_mix(target=area)", shape=(1, 6, 7))
    assert mask.shape[1:] == (6, 7)
    assert torch.equal(mask[:, 4], mask[:, 5])
    torch.testing.assert_close(share, mask.mean((1, 2)))


def test_the_target_is_the_teachers_attention_on_what_is_left_of_each_row():
    pytest.importorskip("timm")
    torch.manual_seed(0)
    net = VitTiny(2, 12, 2, 3).build(pictures(size=8, classes=4))
    one, plan = method("token_mix(patch=2)"), picture_plan("token_mix(patch=2)", step=1)
    teacher = one.memory(net, None)
    for name, weight in [*net.named_parameters(), *teacher.named_parameters()]:
        if name.endswith("qkv.weight"):
            weight.data *= 20  # so that attention is uneven
    for weight in net.parameters():
        weight.data += 0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
    x, y = 3 * rows(16, (3, 8, 8)), torch.arange(16) % 4
    tail = Tail(net, net)
    batch = Batch(y, (3, 8, 8), torch.tensor(0.0), {}, memory=teacher)
    found = one.objective(tail, x, batch, plan, cross_entropy)
    _, attention = seen_attention(Tail(teacher, teacher), x)
    log_p, total = net(torch.where(plan.wx == 1, x, x[plan.partner])).log_softmax(1).detach(), 0.0
    for i in range(16):
        j, tokens = int(plan.partner[i]), plan.wx[i, 0, ::2, ::2]
        own, other = float(attention[i][tokens == 1].sum()), float(attention[j][tokens == 0].sum())
        total -= float(own * log_p[i, y[i]] + other * log_p[i, y[j]]) / (own + other) / 16
    assert float(found.detach()) == pytest.approx(total, rel=1e-4)
    assert tail.rows == 16


def test_the_teacher_is_an_average_of_the_weights_and_has_the_nets_statistics():
    net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    one = TokenMix(decay=0.75)
    teacher = one.memory(net, None)
    before = copy.deepcopy(teacher.state_dict())
    net(torch.randn(8, 3, generator=torch.Generator().manual_seed(0)))
    for weight in net.parameters():
        weight.data += 1
    one.remember(Batch(torch.zeros(1), (3,), torch.tensor(0.0), {}, memory=teacher), net)
    for name, value in teacher.state_dict().items():
        new = net.state_dict()[name]
        mean = 0.75 * before[name] + 0.25 * new if name in dict(net.named_parameters()) else new
        torch.testing.assert_close(value, mean)
    assert not teacher.training
    assert TokenMix(target="area").memory(net, None) is None


def test_values_out_of_range_and_other_sites_are_refused():
    for bad in ({"alpha": 0}, {"patch": 0}, {"blocks": 0}, {"least": 0}, {"decay": 1}):
        with pytest.raises(ValueError, match="allowed is"):
            TokenMix(**bad)
    sites = {"input": (3, 8, 8), "hidden": (4, 8, 8)}
    assert "its site is input" in TokenMix(site="hidden").reject(TaskInfo("images", "class", 3, sites, 8, 100))
