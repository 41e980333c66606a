"""Methods that look at saliency or attention against slow twins from the papers' formulas.

A twin takes the plan's draws and computes masks, targets and the loss one by one. It was written without the methods'
code.
"""

from functools import cache
from itertools import product
from math import comb

import numpy as np
import pytest
import timm
import torch
from support.methods import method
from support.twins import Step, a_part, a_step, cross, one_hot

from mixsuite.mixing.engine import Tail, step_loss
from mixsuite.mixing.losses import cross_entropy

PICTURE = (2, 8, 8)


def salient(gradient, side):
    """The gradient's norm over channels [H, W] as shares of blocks [side, side], from a gradient [C, H, W]."""
    high, wide = gradient.shape[1] // side, gradient.shape[2] // side
    norm = np.sqrt((gradient**2).sum(0))
    blocks = np.array(
        [[norm[i * high : (i + 1) * high, j * wide : (j + 1) * wide].sum() for j in range(side)] for i in range(side)]
    )
    return blocks / blocks.sum()


def apart(own, other, first, second, pixels):
    """By how much more two pictures differ across a border than each in itself, in units of their mean distance.

    first, second: places on both sides of the border, as functions of a pixel along it, of ``pixels``.
    """
    if (own == other).all():
        return 0
    more = 0
    for p in pixels:
        a, b = first(p), second(p)
        mixed = abs(own[:, *a] - other[:, *b]) + abs(other[:, *a] - own[:, *b])
        more += (mixed - abs(own[:, *a] - own[:, *b]) - abs(other[:, *a] - other[:, *b])).mean() / 2
    return max(0, more / len(pixels) / abs(own - other).mean())


def smoothness(own, other, side, beta, gamma):
    """The weights of (z - z')^2 by pairs of neighbours ((i, j), (a, b)) of a grid, for pictures [C, H, W]."""
    high, wide = own.shape[1] // side, own.shape[2] // side
    found = {}
    for i in range(side):
        for j in range(side):
            if i + 1 < side:
                end, along = (i + 1) * high, range(j * wide, (j + 1) * wide)
                d = apart(own, other, lambda p, e=end: (e - 1, p), lambda p, e=end: (e, p), along)
                found[(i, j), (i + 1, j)] = beta / (16 * side) * (1 + gamma * d)
            if j + 1 < side:
                end, along = (j + 1) * wide, range(i * high, (i + 1) * high)
                d = apart(own, other, lambda p, e=end: (p, e - 1), lambda p, e=end: (p, e), along)
                found[(i, j), (i, j + 1)] = beta / (16 * side) * (1 + gamma * d)
    return found


def energy(z, own, other, lam, eta, smooth):
    """Of labels z [g, g] for saliencies [g, g] and the weights of neighbours."""
    found = sum(weight * (z[one] - z[two]) ** 2 for (one, two), weight in smooth.items())
    for place, share in np.ndenumerate(z):
        twice = int(2 * share)
        law = comb(2, twice) * lam**twice * (1 - lam) ** (2 - twice)
        found += (1 - share) * own[place] + share * other[place] - eta / z.size * np.log(law)
    return found


def labels_of(mask, side):
    """The block labels [side, side] of a mask [H, W], which is constant on blocks."""
    high, wide = len(mask) // side, mask.shape[1] // side
    z = mask[::high, ::wide]
    np.testing.assert_array_equal(mask, np.repeat(np.repeat(z, high, 0), wide, 1))
    assert set(z.ravel()) <= {0, 0.5, 1}
    return z


def gradients(step):
    """Of each row's clean loss [N, C, H, W]."""
    h = step.state.clone().requires_grad_()
    (found,) = torch.autograd.grad(cross_entropy(step.net(h), step.batch.y).sum(), h)
    return found


@pytest.mark.parametrize(
    ("beta", "gamma", "eta"), [(1.2, 0.5, 0.2), (1.2, 9.0, 0.2), (6.0, 0.0, 0.2), (1.2, 0.5, 0.02), (0.0, 0.5, 1.0)]
)
def test_the_masks_of_puzzle_mix_have_the_least_energy(beta, gamma, eta):
    """Against all 81 labellings of a grid of 2 by 2 blocks; some end in a local minimum where lambda's law is weak."""
    over = []
    for at in range(4):
        step = a_step(f"puzzle_mix(beta={beta}, gamma={gamma}, eta={eta}, lam=row)", PICTURE, step=at)
        gradient = gradients(step)
        masks = step.method.mask(step.state, gradient, step.plan, 2).numpy()
        shares = [salient(one.numpy(), 2) for one in gradient]
        for i, (j, lam) in enumerate(zip(step.partner, step.wy, strict=True)):
            smooth = smoothness(step.seen[i], step.seen[j], 2, beta, gamma)
            given = shares[i], shares[j], lam, eta, smooth
            every = [energy(np.reshape(z, (2, 2)), *given) for z in product((0, 0.5, 1), repeat=4)]
            found = energy(labels_of(masks[i, 0], 2), *given)
            over.append((found - min(every)) / (max(every) - min(every)))
    assert max(over) < 0.1
    assert np.mean(np.array(over) < 1e-6) >= (0.75 if eta < 0.1 else 1)  # the method's energies are in float32


@pytest.mark.parametrize(("at", "side"), [(0, 2), (1, 4), (2, 8), (3, 2), (4, 4)])
def test_puzzle_mix(at, side):
    """Pixels are z x + (1 - z) x', the target's own share is the mask's mean, with the grid's sides 2, 4 and 8 in turn."""
    step = a_step("puzzle_mix(lam=row)", PICTURE, step=at)
    masks = step.method.mask(step.state, gradients(step), step.plan, side).numpy()
    losses = []
    for i, j in enumerate(step.partner):
        z = labels_of(masks[i, 0], side)
        row = masks[i] * step.seen[i] + (1 - masks[i]) * step.seen[j]
        target = z.mean() * one_hot(step.labels[i]) + (1 - z.mean()) * one_hot(step.labels[j])
        losses.append(cross(step.net.of_row(row), target))
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-9)


@cache
def transformer(seed, token):
    """A small vision transformer in float64, its weights a fixed draw, with a class token or the mean of all tokens."""
    pool = "token" if token else "avg"
    net = timm.create_model(
        "vit_tiny_patch16_224", img_size=8, patch_size=2, in_chans=2, num_classes=3, depth=2, embed_dim=12, num_heads=2,
        class_token=token, global_pool=pool,
    )  # fmt: skip
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=draw)
    return net.double().eval()


def attention(net, row):
    """The last block's weights on patches [4, 4], mean over heads, of one row: seen where dropout gets them."""
    last, found = net.blocks[-1].attn, []
    last.fused_attn = False
    hook = last.attn_drop.register_forward_hook(lambda _module, _given, out: found.append(out))
    with torch.no_grad():
        net(torch.from_numpy(row)[None])
    hook.remove()
    last.fused_attn = True
    weights = found[0][0].mean(0).numpy()  # [asking, asked]
    seen = weights[0, 1:] if net.cls_token is not None else weights.mean(0)
    return (seen / seen.sum()).reshape(4, 4)


def on_mask(weights, mask):
    """The attention [4, 4] that falls on a mask [8, 8]: a patch counts by its area."""
    return sum(weights[a, b] * mask[2 * a : 2 * a + 2, 2 * b : 2 * b + 2].mean() for a in range(4) for b in range(4))


def loss_of(step, net):
    """The engine's value of the objective for a net."""
    h = step.state.clone().requires_grad_()
    return float(step_loss(step.method, Tail(net, net), h, step.batch, step.plan, cross_entropy).detach())


def wanted_loss(step, net, share_of):
    """The mean cross-entropy of rows mixed by the plan's masks; share_of: (mask, own row, partner, mixed row) -> share."""
    losses, shares = [], []
    for i, j in enumerate(step.partner):
        mask, own, other = step.plan.wx[i, 0].numpy(), step.seen[i], step.seen[j]
        row = mask * own + (1 - mask) * other
        shares.append(share_of(mask, own, other, row))
        target = shares[-1] * one_hot(step.labels[i]) + (1 - shares[-1]) * one_hot(step.labels[j])
        with torch.no_grad():
            losses.append(cross(net(torch.from_numpy(row)[None])[0].numpy(), target))
    return np.mean(losses), np.array(shares)


@pytest.mark.parametrize("token", [True, False])
@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("at", range(3))
def test_trans_mix(at, lam, token):
    """CutMix, where the own share is the mixed row's attention outside the box."""
    step, net = a_step(f"trans_mix(lam={lam})", PICTURE, step=at), transformer(0, token)
    wanted, shares = wanted_loss(step, net, lambda mask, _own, _other, row: on_mask(attention(net, row), mask))
    np.testing.assert_allclose(loss_of(step, net), wanted, rtol=1e-5)
    assert abs(shares - step.wy).max() > 1e-3 or (step.wy % 1 == 0).all()


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("at", range(3))
def test_token_mix(at, lam):
    """a on the tokens that stayed, by that plus a' on the others, with the teacher's attention on the unmixed rows."""
    net, teacher = transformer(0, True), transformer(1, True)
    step = Step(f"token_mix(patch=2, lam={lam})", a_part(PICTURE), step=at, memory=teacher)

    def share_of(mask, own, other, _row):
        stayed, came = on_mask(attention(teacher, own), mask), on_mask(attention(teacher, other), 1 - mask)
        return stayed / (stayed + came)

    wanted, shares = wanted_loss(step, net, share_of)
    np.testing.assert_allclose(loss_of(step, net), wanted, rtol=1e-5)
    assert abs(shares - step.wy).max() > 1e-3


@pytest.mark.parametrize("at", range(3))
def test_token_mix_by_area(at):
    step, net = a_step("token_mix(target=area, patch=2)", PICTURE, step=at), transformer(0, True)
    wanted, _ = wanted_loss(step, net, lambda mask, *_: mask.mean())
    np.testing.assert_allclose(loss_of(step, net), wanted, rtol=1e-9)


def test_the_teacher_of_token_mix():
    """It starts as the model, and its weights are decay w + (1 - decay) w' after each step."""
    mixing, first, then = method("token_mix(patch=2, decay=0.9)"), transformer(0, True), transformer(1, True)
    teacher = mixing.memory(first, None)
    wanted = [weight.detach().numpy() for weight in first.parameters()]
    for at in range(3):
        for weight, one in zip(teacher.parameters(), wanted, strict=True):
            np.testing.assert_allclose(weight.detach().numpy(), one, rtol=1e-10)
        step = Step("token_mix(patch=2, decay=0.9)", a_part(PICTURE), step=at, memory=teacher)
        mixing.remember(step.batch, then)
        wanted = [0.9 * one + 0.1 * w.detach().numpy() for one, w in zip(wanted, then.parameters(), strict=True)]


def test_the_blocks_of_token_mix_are_of_whole_tokens():
    """What is replaced is none, or at least one block of the smallest size."""
    counts = []
    for at in range(60):
        for mask in a_step("token_mix(patch=2, least=0.2)", (1, 16, 16), step=at).plan.wx[:, 0].numpy():
            tokens = mask[::2, ::2]
            np.testing.assert_array_equal(mask, np.repeat(np.repeat(tokens, 2, 0), 2, 1))
            counts.append(int((tokens == 0).sum()))
    replaced = [count for count in counts if count]
    assert min(replaced) >= 0.2 * 64 * 0.7  # sides are rounded
    assert len(set(replaced)) > 20
    assert max(replaced) <= 64
