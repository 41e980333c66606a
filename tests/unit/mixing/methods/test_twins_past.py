"""Methods that mix earlier pictures or styles, against slow twins from the papers' formulas, and their draws' laws.

A twin takes the plan's draws and computes rows, targets and the loss one by one. It was written without the methods'
code.
"""

import numpy as np
import pytest
import torch
from scipy import stats
from support.methods import method
from support.twins import CLASSES, Step, a_part, a_step, cross, one_hot

from mixsuite.mixing import TrainInfo

PICTURE = (2, 8, 6)


def shrunk(picture, height, width):
    """A picture [C, H, W] at a smaller size: bilinear values at the centres of the new pixels, edges repeated."""
    rows, columns = picture.shape[1:]
    out = np.zeros((len(picture), height, width))
    for i in range(height):
        for j in range(width):
            y = min(max((i + 0.5) * rows / height - 0.5, 0), rows - 1)
            x = min(max((j + 0.5) * columns / width - 0.5, 0), columns - 1)
            for a in range(rows):
                for b in range(columns):
                    out[:, i, j] += max(0, 1 - abs(y - a)) * max(0, 1 - abs(x - b)) * picture[:, a, b]
    return out


def box_of(mask):
    """(top, left, height, width) of the rectangle where a mask [H, W] is 0."""
    rows, columns = np.flatnonzero((mask == 0).any(1)), np.flatnonzero((mask == 0).any(0))
    if not len(rows):
        return 0, 0, 0, 0
    box = int(rows[0]), int(columns[0]), len(rows), len(columns)
    wanted = np.ones_like(mask)
    wanted[box[0] : box[0] + box[2], box[1] : box[1] + box[3]] = 0
    np.testing.assert_array_equal(mask, wanted)
    return box


def run_of(text, steps):
    """A run's steps with its memory, one after another: (step, its loss)."""
    part, net = a_part(PICTURE), torch.nn.Linear(1, 1).double()
    memory = method(text).memory(net, TrainInfo(part.x, part.y, len(part.y), CLASSES, "class", ()))
    for at in range(steps):
        step = Step(text, part, step=at, memory=memory)
        yield step, step.loss()
        step.method.remember(step.batch, net)


@pytest.mark.parametrize(("alpha", "lam"), [(0.5, "batch"), (0.9, "row"), (1.0, "row")])
def test_recursive_mix(alpha, lam):
    """The last step's mixed picture, shrunk into a box; (1 - a) y + a y~ with the box's area a."""
    past = None
    for step, loss in run_of(f"recursive_mix(alpha={alpha}, lam={lam})", 6):
        past = past or (step.seen, [one_hot(label) for label in step.labels])
        rows, targets, losses = [], [], []
        for i, j in enumerate(step.partner):
            top, left, height, width = box_of(step.plan.wx[i, 0].numpy())
            area = height * width / (PICTURE[1] * PICTURE[2])
            row = step.seen[i].copy()
            if area:
                row[:, top : top + height, left : left + width] = shrunk(past[0][j], height, width)
            rows.append(row)
            targets.append((1 - area) * one_hot(step.labels[i]) + area * past[1][j])
            losses.append(cross(step.net.of_row(row), targets[-1]))
        np.testing.assert_allclose(loss, np.mean(losses), rtol=1e-9)
        past = rows, targets
    assert max((target > 0).sum() for target in targets) == CLASSES  # of several steps


def test_the_boxes_of_recursive_mix():
    """Sides sqrt(lam) (H, W), up to a pixel, with lam ~ Uniform(0, alpha), at a place uniform among those that fit."""
    boxes = np.array(
        [
            box_of(mask[0].numpy())
            for at in range(150)
            for mask in a_step("recursive_mix(alpha=0.6, lam=row)", (1, 20, 20), step=at).plan.wx
        ]
    )
    top, left, height, width = boxes.T
    assert (height == width).all()
    for side in range(1, 15):  # rounded by less than a pixel in either direction
        share = (height <= side).mean()
        assert (side / 20) ** 2 / 0.6 - 0.05 < share < min(1, ((side + 1) / 20) ** 2 / 0.6) + 0.05
    for begin in (top, left):
        place = (begin + np.random.default_rng(0).random(len(begin))) / (21 - height)
        assert stats.kstest(place[height > 0], stats.uniform.cdf).pvalue > 1e-3


def restyled(form, style):
    """AdaIN: a picture [C, H, W] with each channel's mean and deviation of another."""
    z = np.empty_like(form)
    for c in range(len(form)):
        z[c] = style[c].std() * (form[c] - form[c].mean()) / form[c].std() + style[c].mean()
    return z


@pytest.mark.parametrize("lam", ["batch", "row"])
@pytest.mark.parametrize("r", [0.7, 0.2])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_style_mix(lam, r, at):
    """z = t f_11 + (1 - c - s + t) f_22 + (c - t) f_12 + (s - t) f_21; the target's share is r c + (1 - r) s."""
    step = a_step(f"style_mix(r={r}, prob=1.0, lam={lam})", PICTURE, step=at)
    content, both = step.plan.extra["content"].numpy(), step.plan.extra["both"].numpy()
    styles = step.plan.wx.flatten(1)[:, 0].numpy()
    rows, targets = [], []
    for i, (j, c, s, t) in enumerate(zip(step.partner, content, styles, both, strict=True)):
        own, other = step.seen[i], step.seen[j]
        rows.append(t * own + (1 - c - s + t) * other + (c - t) * restyled(own, other) + (s - t) * restyled(other, own))
        share = r * c + (1 - r) * s
        targets.append(share * one_hot(step.labels[i]) + (1 - share) * one_hot(step.labels[j]))
    np.testing.assert_allclose(step.mixed(), rows, atol=2e-4)
    np.testing.assert_allclose(step.loss(), step.mean_cross(rows, targets), rtol=1e-4)
    assert (len(set(content)) == 1) == (lam == "batch")


def test_the_statistics_of_style_mix_carry_no_gradient():
    """Own values have the slope t + (c - t) sd' / sd, the partner's 1 - c - s + t + (s - t) sd / sd'."""
    step = a_step("style_mix(prob=1.0, lam=row)", PICTURE, step=1)
    factor, wanted = np.random.default_rng(1).normal(size=(8, *PICTURE)), np.zeros((8, *PICTURE))
    deviation = step.seen.std((2, 3), keepdims=True)
    for i, j in enumerate(step.partner):
        c, t = step.plan.extra["content"][i].item(), step.plan.extra["both"][i].item()
        s = step.plan.wx[i].item()
        wanted[i] += (t + (c - t) * deviation[j] / deviation[i]) * factor[i]
        wanted[j] += (1 - c - s + t + (s - t) * deviation[i] / deviation[j]) * factor[i]
    h = step.state.clone().requires_grad_()
    (found,) = torch.autograd.grad((step.method.mix(h, step.plan) * torch.from_numpy(factor)).sum(), h)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-3)


def test_the_laws_of_style_mix():
    """c, s ~ Beta(alpha, alpha), t ~ Uniform(max(0, c + s - 1), min(c, s)), apart from one another."""
    plans = [a_step("style_mix(prob=1.0, alpha=2.0, lam=row)", (1, 2, 2), step=at).plan for at in range(120)]
    content, both = (np.concatenate([plan.extra[name].numpy() for plan in plans]) for name in ("content", "both"))
    styles = np.concatenate([plan.wx.flatten().numpy() for plan in plans])
    least, most = np.maximum(0, content + styles - 1), np.minimum(content, styles)
    assert stats.kstest(content, stats.beta(2, 2).cdf).pvalue > 1e-3
    assert stats.kstest(styles, stats.beta(2, 2).cdf).pvalue > 1e-3
    assert stats.kstest((both - least) / (most - least), stats.uniform.cdf).pvalue > 1e-3
    assert stats.spearmanr(content, styles).pvalue > 1e-3


def test_style_mix_mixes_in_a_share_of_the_steps():
    """The other steps are clean in signal and target."""
    found = [a_step("style_mix(prob=0.3)", (1, 3, 3), step=at) for at in range(400)]
    clean = np.array([(step.wy == 1).all() for step in found])
    assert stats.binomtest(int((~clean).sum()), 400, 0.3).pvalue > 1e-3
    for step in [step for step, is_clean in zip(found, clean, strict=True) if is_clean][:5]:
        np.testing.assert_allclose(step.mixed(), step.seen, atol=1e-12)
