"""CutMix against a slow twin, torchvision and timm."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.libraries import TimmDraws, one_hot, timm_twin, torchvision_twin
from support.methods import method, picture_plan

from mixsuite.mixing import Plan, TaskInfo, box_mask, interpolate
from mixsuite.mixing.rng import Rng


@pytest.mark.slow
@given(st.integers(0, 200), st.sampled_from(["batch", "row"]))
def test_cutmix_equals_its_slow_twin(step, lam):
    """The twin pastes pixel by pixel: a box of the partner, cut off at the border, share by counting."""
    n, (channels, height, width) = 6, (2, 7, 10)
    shape = (channels, height, width)
    plan = picture_plan(f"cutmix(lam={lam})", n, shape, step=step)
    rng = Rng(0, n).at(step)
    draws = n if lam == "row" else 1
    shares = rng.beta(1.0, 1.0, draws).expand(n)
    across, down = rng.uniform(draws, kind="box").expand(n), rng.uniform(draws, kind="box").expand(n)
    partner = rng.permutation(n)
    x = torch.randn(n, *shape, generator=torch.Generator().manual_seed(step))
    mixed = interpolate(x, plan)
    for i in range(n):
        half_h, half_w = (int(0.5 * float((1 - shares[i]).sqrt()) * side) for side in (height, width))
        cy, cx = int(float(down[i]) * height), int(float(across[i]) * width)
        wanted, kept = x[i].clone(), height * width
        for row in range(height):
            for column in range(width):
                if cy - half_h <= row < cy + half_h and cx - half_w <= column < cx + half_w:
                    wanted[:, row, column] = x[partner[i], :, row, column]
                    kept -= 1
        assert torch.equal(mixed[i], wanted)
        assert float(plan.wy[i]) == pytest.approx(kept / (height * width), abs=1e-6)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.floats(0, 1), st.floats(0, 0.999), st.floats(0, 0.999))
def test_cutmix_equals_torchvision_on_the_same_lambda_box_and_partner(lam, across, down):
    height, width = 9, 14
    x, y = torch.randn(8, 3, height, width), torch.arange(8) % 4
    one = torch.tensor([lam]), torch.tensor([across]), torch.tensor([down])
    mask = box_mask(*one, (3, height, width))
    # The same three draws as torchvision's make_params computes with them, but in torch's single precision.
    half_w, half_h = (int(0.5 * (1 - one[0]).sqrt() * side) for side in (width, height))
    cx, cy = int(one[1] * width), int(one[2] * height)
    box = (max(cx - half_w, 0), max(cy - half_h, 0), min(cx + half_w, width), min(cy + half_h, height))
    adjusted = 1 - (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
    plan = Plan(torch.arange(8).roll(1), mask.expand(8, 1, height, width), mask.mean().expand(8))
    image, target = torchvision_twin("cutmix", x, y, {"box": box, "lam_adjusted": adjusted})
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = one_hot(y)
    torch.testing.assert_close(adjusted * hot + (1 - adjusted) * hot[plan.partner], target)


@pytest.mark.parametrize(
    ("lam", "across", "down"), [(0.75, 0.5, 0.5), (0.234375, 0.01, 0.9), (0.9, 0.99, 0.2), (0.5, 0.4, 0.1)]
)
def test_cutmix_equals_timm_on_the_same_lambda_box_and_partner(lam, across, down, monkeypatch):
    """But for sides of an odd number of pixels: timm's boxes keep it, the paper's and torchvision's lose one."""
    height, width = 12, 16
    sides = [int(side * math.sqrt(1 - lam)) for side in (height, width)]
    x, y = torch.randn(8, 3, height, width), torch.arange(8) % 4
    draws = TimmDraws(lam, [int(down * height), int(across * width)])
    image, target = timm_twin(monkeypatch, x, y, draws, mixup_alpha=0.0, cutmix_alpha=1.0)
    mask = box_mask(torch.tensor([lam]), torch.tensor([across]), torch.tensor([down]), (3, height, width))
    plan = Plan(torch.arange(7, -1, -1), mask.expand(8, 1, height, width), mask.mean().expand(8))
    hot, mixed = one_hot(y), interpolate(x, plan)
    if sides[0] % 2 == sides[1] % 2 == 0:
        torch.testing.assert_close(mixed, image)
        torch.testing.assert_close(mask.mean() * hot + (1 - mask.mean()) * hot[plan.partner], target)
    else:
        theirs = (image != x).any(1)
        assert not ((mixed != x).any(1) & ~theirs).any()  # ours lies within theirs
        assert (theirs[0].any(1).sum() - (mixed[0] != x[0]).any(0).any(1).sum()) in (0, 1)
        assert (theirs[0].any(0).sum() - (mixed[0] != x[0]).any(0).any(0).sum()) in (0, 1)


def test_cutmix_says_where_it_does_not_apply():
    sites = {"input": (1, 8, 8), "hidden": (16, 4, 4), "embedding": (32,)}
    task = TaskInfo("images", "class", 10, sites, 32, 150)
    assert method("cutmix").reject(task) is None
    assert method("cutmix(site=hidden)").reject(task) is None
    assert "input, hidden" in method("cutmix(site=embedding)").reject(task)
    assert "random" in method("cutmix(site=random)").reject(task)
