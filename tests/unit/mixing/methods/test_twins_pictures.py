"""Methods that mix what is in a picture or clip, against slow twins from the papers' formulas, and their draws' laws.

A twin takes the plan's draws and computes rows, targets and the loss one by one. It was written without the methods'
code.
"""

import numpy as np
import pytest
import torch
from scipy import stats
from support.twins import Part, Step, a_step, cross, log_softmax, one_hot

PICTURE = (2, 4, 3)


def uniform_over(counts):
    """The probability of counts so uneven by chance."""
    return stats.chisquare(counts).pvalue


def assert_own_targets(step, rows):
    """The engine's rows and its loss are those of ``rows`` at the rows' own targets."""
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-10)
    targets = [one_hot(label) for label in step.labels]
    np.testing.assert_allclose(step.loss(), step.mean_cross(rows, targets), rtol=1e-9)


def transport(own, other, eps, rounds):
    """R [r, r] of features [C, r]: Sinkhorn's plan of uniform weights times r, costs scaled to a mean of 1."""
    r = own.shape[1]
    cost = np.array([[((own[:, i] - other[:, j]) ** 2).sum() for j in range(r)] for i in range(r)])
    kernel = np.exp(-cost / cost.mean() / eps)
    left, right = np.ones(r), np.ones(r)
    for _ in range(rounds):
        left = (1 / r) / (kernel @ right)
        right = (1 / r) / (kernel.T @ left)
    return r * left[:, None] * kernel * right


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("eps", [0.3, 0.8])  # with less, rounds that differ in their beginning differ for long
def test_align_mix(lam, eps):
    """z_i = lam A_i + (1 - lam) sum_j R_ij A'_j where a step aligns; mixup where it does not."""
    seen = set()
    for at in range(6):
        step = a_step(f"align_mix(rounds=1000, eps={eps}, lam={lam})", PICTURE, step=at)
        aligns = step.plan.extra["aligned"].numpy()
        seen |= set(aligns.tolist())
        rows, losses = [], []
        for i, (j, share) in enumerate(zip(step.partner, step.wy, strict=True)):
            own, other = step.seen[i].reshape(2, -1), step.seen[j].reshape(2, -1)
            if aligns[i]:
                other = other @ transport(own, other, eps, 1000).T
            rows.append((share * own + (1 - share) * other).reshape(PICTURE))
            target = share * one_hot(step.labels[i]) + (1 - share) * one_hot(step.labels[j])
            losses.append(cross(step.net.of_row(rows[-1]), target))
        np.testing.assert_allclose(step.mixed(), rows, atol=1e-8)
        np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-8)
    assert seen == {False, True}


def gradient(step, factor):
    """Of sum(factor * mixed rows) by the state, through the engine."""
    h = step.state.clone().requires_grad_()
    (found,) = torch.autograd.grad((step.method.mix(h, step.plan) * torch.from_numpy(factor)).sum(), h)
    return found.numpy()


def test_the_transport_of_align_mix_carries_no_gradient():
    """z_i = lam A_i + (1 - lam) R A'_j is linear in A and A' where R is a number."""
    step = next(
        s
        for s in (a_step("align_mix(rounds=1000, eps=0.3)", PICTURE, step=k) for k in range(9))
        if s.plan.extra["aligned"].all()
    )
    factor, wanted = np.random.default_rng(1).normal(size=(8, *PICTURE)), np.zeros((8, *PICTURE))
    for i, (j, share) in enumerate(zip(step.partner, step.wy, strict=True)):
        moves = transport(step.seen[i].reshape(2, -1), step.seen[j].reshape(2, -1), 0.3, 1000)
        wanted[i] += share * factor[i]
        wanted[j] += (1 - share) * (factor[i].reshape(2, -1) @ moves).reshape(PICTURE)
    np.testing.assert_allclose(gradient(step, factor), wanted, atol=1e-8)


def test_align_mix_aligns_in_half_of_the_steps():
    found = [a_step("align_mix", PICTURE, step=s) for s in range(900)]
    aligned = np.array([step.plan.extra["aligned"].numpy() for step in found])
    assert (aligned == aligned[:, :1]).all()
    assert stats.binomtest(int(aligned[:, 0].sum()), 900, 0.5).pvalue > 1e-3
    assert stats.kstest([step.wy[0] for step in found], stats.beta(2, 2).cdf).pvalue > 1e-3


def boxes(side, height, width):
    """Every mask that a square cut out around a pixel leaves, 0 inside: centre -> mask."""
    masks = {}
    for i in range(height):
        for j in range(width):
            mask = np.ones((height, width))
            for a in range(height):
                for b in range(width):
                    if -side // 2 <= a - i < side - side // 2 and -side // 2 <= b - j < side - side // 2:
                        mask[a, b] = 0
            masks[i, j] = mask
    return masks


def test_cutout():
    """A square around a pixel is 0, the rest is as it was; the target stays; every pixel is a centre equally often."""
    counts, masks = dict.fromkeys(np.ndindex(6, 6), 0), boxes(2, 6, 6)
    for at in range(250):
        step = a_step("cutout(side=0.34)", (2, 6, 6), step=at)
        rows = []
        for i in range(8):
            kept = (step.mixed()[i][0] != 0).astype(float)
            (centre,) = [c for c, mask in masks.items() if (mask == kept).all()]
            counts[centre] += 1
            rows.append(step.seen[i] * masks[centre])
        if at < 5:
            assert_own_targets(step, rows)
    assert uniform_over(list(counts.values())) > 1e-3


def style(x, other, share, valid=None, valid_other=None):
    """MixStyle of features [C, positions]: each channel gets mixed mean and deviation."""
    z = np.empty_like(x)
    for c in range(len(x)):
        a = x[c] if valid is None else x[c][valid]
        b = other[c] if valid_other is None else other[c][valid_other]
        deviation = share * a.std() + (1 - share) * b.std()
        z[c] = deviation * (x[c] - a.mean()) / a.std() + share * a.mean() + (1 - share) * b.mean()
    return z


@pytest.mark.parametrize("at", range(4))
def test_mix_style(at):
    step = a_step("mix_style(alpha=0.5, prob=1.0)", (3, 8, 8), step=at)
    share = step.plan.wx.flatten(1)[:, 0].numpy()
    rows = [
        style(step.seen[i].reshape(3, -1), step.seen[j].reshape(3, -1), share[i]).reshape(3, 8, 8)
        for i, j in enumerate(step.partner)
    ]
    np.testing.assert_allclose(step.mixed(), rows, atol=2e-4)
    targets = [one_hot(label) for label in step.labels]
    np.testing.assert_allclose(step.loss(), step.mean_cross(rows, targets), rtol=1e-4)


def test_the_statistics_of_mix_style_carry_no_gradient():
    """z = sd_mixed (x - mu) / sd + mu_mixed: each value's slope is sd_mixed / sd."""
    step = a_step("mix_style(alpha=0.5, prob=1.0)", (3, 8, 8), step=1)
    share, factor = step.plan.wx.flatten(1)[:, 0].numpy(), np.random.default_rng(1).normal(size=(8, 3, 8, 8))
    deviation = step.seen.std((2, 3), keepdims=True)
    slope = [share[i] + (1 - share[i]) * deviation[j] / deviation[i] for i, j in enumerate(step.partner)]
    np.testing.assert_allclose(gradient(step, factor), factor * np.array(slope), atol=1e-3)


def clips(n=24, bands=4, frames=9):
    """Clips [n, bands, frames] of several lengths, and 1 where a frame is valid."""
    draw = np.random.default_rng(5)
    lengths = draw.integers(4, frames + 1, size=n)
    valid = (np.arange(frames) < lengths[:, None]).astype(float)[:, None]
    x = (draw.normal(size=(n, bands, frames)) + draw.normal(size=(n, bands, 1))) * valid
    y = torch.from_numpy(draw.integers(3, size=n))
    return Part((torch.from_numpy(x), torch.from_numpy(valid)), y, torch.arange(8))


def test_the_padding_of_clips_counts_in_no_style():
    step = Step("mix_style(alpha=0.5, prob=1.0)", clips(), step=1)
    share = step.plan.wx.flatten(1)[:, 0].numpy()
    valid = step.state[1].numpy()[:, 0] > 0
    mixed = step.mixed()
    for i, j in enumerate(step.partner):
        wanted = style(step.seen[i], step.seen[j], share[i], valid[i], valid[j])
        np.testing.assert_allclose(mixed[i][:, valid[i]], wanted[:, valid[i]], atol=1e-3)


def test_the_laws_of_mix_style():
    """A share ``prob`` of the steps mixes, and then lam ~ Beta(alpha, alpha) for each row."""
    shares = np.array(
        [a_step("mix_style(alpha=0.5, prob=0.3)", PICTURE, step=s).plan.wx.flatten(1)[:, 0].numpy() for s in range(400)]
    )
    mixes = (shares < 1).any(1)
    assert stats.binomtest(int(mixes.sum()), 400, 0.3).pvalue > 1e-3
    assert (shares[~mixes] == 1).all()
    assert stats.kstest(shares[mixes].flatten(), stats.beta(0.5, 0.5).cdf).pvalue > 1e-3


@pytest.mark.parametrize("text", ["spec_mixup", "spec_mixup(alpha=0)", "spec_mixup(lam=row, masks=1)"])
def test_spec_mixup(text):
    """mixup, then 0 in the masked bands and stretches; the target is mixup's."""
    step = Step(text, clips(bands=10, frames=20), step=3)
    kept, rows, losses = step.plan.extra["kept"].numpy(), [], []
    for i, (j, share) in enumerate(zip(step.partner, step.wy, strict=True)):
        rows.append(kept[i] * (share * step.seen[i] + (1 - share) * step.seen[j]))
        target = share * one_hot(step.labels[i]) + (1 - share) * one_hot(step.labels[j])
        losses.append(cross(step.net.of_row(rows[-1]), target))
    np.testing.assert_allclose(step.mixed(), rows, atol=1e-12)
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-9)


def law_of_a_mask(side, largest):
    """Chance of each (begin, width) of a mask with width uniform on 0 .. largest, begin on 0 .. side - width."""
    chances = {}
    for width in range(largest + 1):
        for begin in range(side - width + 1):
            key = (begin, width) if width else None
            chances[key] = chances.get(key, 0) + 1 / (largest + 1) / (side - width + 1)
    return chances


def test_the_masks_of_spec_mixup():
    """With one mask an axis: bands of 0 .. 0.3 of all, stretches of 0 .. 0.2 of all, at uniform places."""
    part, bands, times = clips(bands=10, frames=20), {}, {}
    for s in range(600):
        for kept in Step("spec_mixup(masks=1)", part, step=s).plan.extra["kept"].numpy():
            rows, columns = kept.max(1), kept.max(0)
            assert (kept == rows[:, None] * columns).all()
            for axis, found in ((rows, bands), (columns, times)):
                gone = np.flatnonzero(axis == 0)
                key = (int(gone[0]), len(gone)) if len(gone) else None
                assert key is None or gone[-1] - gone[0] + 1 == len(gone)
                found[key] = found.get(key, 0) + 1
    for found, chances in ((bands, law_of_a_mask(10, 3)), (times, law_of_a_mask(20, 4))):
        assert set(found) == set(chances)
        total = sum(found.values())
        expected = [chances[key] * total for key in chances]
        assert stats.chisquare([found[key] for key in chances], expected).pvalue > 1e-3


def moved(picture, affine):
    """Bilinear values of a picture [C, H, W] where an affine map [2, 3] of its frame [-1, 1]^2 looks; 0 outside."""
    height, width = picture.shape[1:]
    out = np.zeros_like(picture)
    for i in range(height):
        for j in range(width):
            u, v = affine @ [(2 * j + 1) / width - 1, (2 * i + 1) / height - 1, 1]
            x, y = ((u + 1) * width - 1) / 2, ((v + 1) * height - 1) / 2
            for a in (int(np.floor(y)), int(np.floor(y)) + 1):
                for b in (int(np.floor(x)), int(np.floor(x)) + 1):
                    if 0 <= a < height and 0 <= b < width:
                        out[:, i, j] += (1 - abs(y - a)) * (1 - abs(x - b)) * picture[:, a, b]
    return out


@pytest.mark.parametrize("text", ["aug_mix", "aug_mix(chains=1, strength=3, weight=2)"])
def test_aug_mix(text):
    """Clean loss + weight * the Jensen-Shannon divergence of the outputs for a row and its two mixtures."""
    step = a_step(text, (2, 6, 6), step=2)
    losses, apart = [], []
    for i in range(8):
        x, p = step.seen[i], []
        for name in ("first", "second"):
            share, maps = step.plan.extra[name][i].numpy(), step.plan.extra[f"{name} maps"][i].numpy()
            np.testing.assert_allclose(share.sum(), 1)
            z = share[0] * x + sum(w * moved(x, affine) for w, affine in zip(share[1:], maps, strict=True))
            p.append(np.exp(log_softmax(step.net.of_row(z))))
        clean = step.net.of_row(x)
        p.append(np.exp(log_softmax(clean)))
        middle = np.mean(p, 0)
        apart.append(np.mean([(one * np.log(one / middle)).sum() for one in p]))
        losses.append(cross(clean, one_hot(step.labels[i])))
    wanted = np.mean(losses) + step.method.weight * np.mean(apart)
    np.testing.assert_allclose(step.loss(), wanted, rtol=1e-6)
    assert step.method.weight * np.mean(apart) > 1e-3


def test_the_shares_of_aug_mix():
    """m ~ Beta(1, 1) for the row itself, and (1 - m) times a Dirichlet law of ones for the chains."""
    shares = np.concatenate(
        [
            a_step("aug_mix", PICTURE, step=s).plan.extra[name].numpy()
            for s in range(200)
            for name in ("first", "second")
        ]
    )
    assert stats.kstest(shares[:, 0], stats.uniform.cdf).pvalue > 1e-3
    weights = shares[:, 1:] / shares[:, 1:].sum(1, keepdims=True)
    for column in weights.T:
        assert stats.kstest(column, stats.beta(1, 2).cdf).pvalue > 1e-3


def test_the_maps_of_aug_mix():
    """One or two of a rotation of up to 9 degrees, a shear of up to 0.09 and a shift of up to a tenth of the side."""
    steps = [a_step("aug_mix", PICTURE, step=s) for s in range(150)]
    maps = np.concatenate(
        [step.plan.extra[f"{name} maps"].numpy().reshape(-1, 2, 3) for step in steps for name in ("first", "second")]
    )
    linear, shift = maps[:, :, :2], maps[:, :, 2]
    np.testing.assert_allclose(np.linalg.det(linear), 1)  # each operation keeps areas
    turn = np.sin(np.deg2rad(18))
    assert 0.8 * turn < abs(linear - np.eye(2)).max() <= turn  # two rotations
    still, straight = np.isclose(shift, 0).all(1), np.isclose(linear, np.eye(2)).all((1, 2))
    assert not (still & straight).any()
    assert 0.3 < abs(shift[straight]).max() <= 0.4  # two shifts, on a frame of side 2
    rotated = still & np.isclose(linear[:, 0, 1], -linear[:, 1, 0]) & ~straight
    angles = np.rad2deg(np.arcsin(linear[rotated, 1, 0]))
    assert (abs(angles) <= 9).mean() > 0.8  # most are one rotation
    assert abs(angles.mean()) < 1
