"""Every method against a slow twin, row by row, and against torchvision and timm."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mixsuite.errors import InputError
from mixsuite.mixing import Batch, TaskInfo, box_mask, interpolate
from mixsuite.resolve import make_method, resolve_method
from mixsuite.rng import Rng

PICTURE = (3, 8, 8)


def method(text):
    return make_method(resolve_method(text))


def plan_of(text, n=16, shape=PICTURE, seed=0, step=0, classes=4):
    y = torch.arange(n) % classes
    return method(text).plan(Batch(y, shape, torch.tensor(0.0), {}), Rng(seed, n).at(step))


@given(st.integers(0, 50), st.sampled_from(["batch", "row"]), st.sampled_from([0.2, 1.0, 8.0]))
def test_mixup_equals_its_slow_twin(step, lam, alpha):
    """The twin: a permutation, and for each row lambda by the Beta quantile, written as a Python loop."""
    from scipy.stats import beta

    from mixsuite.rng import uniforms

    n = 16
    plan = plan_of(f"mixup(alpha={alpha}, lam={lam})", n, step=step)
    ranks, quantiles = (uniforms(0, f"draw/{kind}", step, 1, n)[0] for kind in ("partner", "lam"))
    x = torch.randn(n, *PICTURE, generator=torch.Generator().manual_seed(step))
    mixed = interpolate(x, plan)
    order = sorted(range(n), key=lambda i: ranks[i])
    for i in range(n):
        share = float(beta(alpha, alpha).ppf(quantiles[i if lam == "row" else 0]))
        torch.testing.assert_close(mixed[i], share * x[i] + (1 - share) * x[order[i]], atol=1e-5, rtol=1e-4)
        assert float(plan.wy[i]) == pytest.approx(share, abs=1e-6)


def test_two_alphas_share_partners_and_quantiles():
    from scipy.stats import beta

    narrow, wide = plan_of("mixup(alpha=0.2, lam=row)", step=4), plan_of("mixup(alpha=1.0, lam=row)", step=4)
    assert torch.equal(narrow.partner, wide.partner)
    assert not torch.equal(narrow.wy, wide.wy)
    torch.testing.assert_close(
        torch.tensor(beta(0.2, 0.2).cdf(narrow.wy.numpy())).float(), wide.wy, atol=1e-3, rtol=1e-3
    )


@given(st.integers(0, 200), st.sampled_from(["batch", "row"]))
def test_cutmix_equals_its_slow_twin(step, lam):
    """The twin pastes pixel by pixel: a box of the partner, cut off at the border, share by counting."""
    n, (channels, height, width) = 6, (2, 7, 10)
    shape = (channels, height, width)
    plan = plan_of(f"cutmix(lam={lam})", n, shape, step=step)
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


def torchvision_twin(name, x, y, params):
    from torchvision.transforms import v2

    # torchvision pairs each row with the one before it: roll(1).
    twin = {"mixup": v2.MixUp, "cutmix": v2.CutMix}[name](num_classes=4)
    given_params = params | {"labels": y, "batch_size": len(x)}
    image = twin.transform(x, given_params)
    return image, twin._mixup_label(F_one_hot(y), lam=params.get("lam", params.get("lam_adjusted")))


def F_one_hot(y):  # noqa: N802
    return torch.nn.functional.one_hot(y, 4).float()


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.75, 1.0])
def test_mixup_equals_torchvision_on_the_same_lambda_and_partner(lam):
    from mixsuite.mixing import Plan, over

    x, y = torch.randn(8, *PICTURE), torch.arange(8) % 4
    share = torch.full((8,), lam)
    plan = Plan(torch.arange(8).roll(1), over(share, PICTURE), share)
    image, target = torchvision_twin("mixup", x, y, {"lam": lam})
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = F_one_hot(y)
    torch.testing.assert_close(share[:, None] * hot + (1 - share)[:, None] * hot[plan.partner], target)


@settings(max_examples=50)
@given(st.floats(0, 1), st.floats(0, 0.999), st.floats(0, 0.999))
def test_cutmix_equals_torchvision_on_the_same_lambda_box_and_partner(lam, across, down):
    import math

    height, width = 9, 14
    x, y = torch.randn(8, 3, height, width), torch.arange(8) % 4
    one = torch.tensor([lam]), torch.tensor([across]), torch.tensor([down])
    mask = box_mask(*one, (3, height, width))
    # The same three draws as torchvision's make_params computes with them.
    r = 0.5 * math.sqrt(1.0 - float(one[0]))
    cx, cy = int(float(one[1]) * width), int(float(one[2]) * height)
    box = (
        max(cx - int(r * width), 0),
        max(cy - int(r * height), 0),
        min(cx + int(r * width), width),
        min(cy + int(r * height), height),
    )
    adjusted = 1 - (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
    from mixsuite.mixing import Plan

    plan = Plan(torch.arange(8).roll(1), mask.expand(8, 1, height, width), mask.mean().expand(8))
    image, target = torchvision_twin("cutmix", x, y, {"box": box, "lam_adjusted": adjusted})
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = F_one_hot(y)
    torch.testing.assert_close(adjusted * hot + (1 - adjusted) * hot[plan.partner], target)


class TimmDraws:
    """What timm's Mixup asks numpy for: one lambda, and a box's centre (its row first)."""

    def __init__(self, lam, centre=()):
        self.lam, self.centre = lam, list(centre)

    def rand(self, *_):
        return 0.0

    def beta(self, *_, **__):
        return self.lam

    def randint(self, *_, **__):
        return self.centre.pop(0)


def timm_twin(monkeypatch, x, y, draws, **alphas):
    from timm.data import mixup as timm

    class Numpy:
        random = draws

        def __getattr__(self, name):
            import numpy

            return getattr(numpy, name)

    monkeypatch.setattr(timm, "np", Numpy())
    return timm.Mixup(label_smoothing=0.0, num_classes=4, **alphas)(x.clone(), y)  # pairs each row with flip(0)'s


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.75])
def test_mixup_equals_timm_on_the_same_lambda_and_partner(lam, monkeypatch):
    from mixsuite.mixing import Plan, over

    x, y = torch.randn(8, *PICTURE), torch.arange(8) % 4
    image, target = timm_twin(monkeypatch, x, y, TimmDraws(lam), mixup_alpha=1.0)
    share = torch.full((8,), lam)
    plan = Plan(torch.arange(7, -1, -1), over(share, PICTURE), share)
    torch.testing.assert_close(interpolate(x, plan), image)
    hot = F_one_hot(y)
    torch.testing.assert_close(share[:, None] * hot + (1 - share)[:, None] * hot[plan.partner], target)


@pytest.mark.parametrize(
    ("lam", "across", "down"), [(0.75, 0.5, 0.5), (0.234375, 0.01, 0.9), (0.9, 0.99, 0.2), (0.5, 0.4, 0.1)]
)
def test_cutmix_equals_timm_on_the_same_lambda_box_and_partner(lam, across, down, monkeypatch):
    """But for sides of an odd number of pixels: timm's boxes keep it, the paper's and torchvision's lose one."""
    import math

    from mixsuite.mixing import Plan

    height, width = 12, 16
    sides = [int(side * math.sqrt(1 - lam)) for side in (height, width)]
    x, y = torch.randn(8, 3, height, width), torch.arange(8) % 4
    draws = TimmDraws(lam, [int(down * height), int(across * width)])
    image, target = timm_twin(monkeypatch, x, y, draws, mixup_alpha=0.0, cutmix_alpha=1.0)
    mask = box_mask(torch.tensor([lam]), torch.tensor([across]), torch.tensor([down]), (3, height, width))
    plan = Plan(torch.arange(7, -1, -1), mask.expand(8, 1, height, width), mask.mean().expand(8))
    hot, mixed = F_one_hot(y), interpolate(x, plan)
    if sides[0] % 2 == sides[1] % 2 == 0:
        torch.testing.assert_close(mixed, image)
        torch.testing.assert_close(mask.mean() * hot + (1 - mask.mean()) * hot[plan.partner], target)
    else:
        theirs = (image != x).any(1)
        assert not ((mixed != x).any(1) & ~theirs).any()  # ours lies within theirs
        assert (theirs[0].any(1).sum() - (mixed[0] != x[0]).any(0).any(1).sum()) in (0, 1)
        assert (theirs[0].any(0).sum() - (mixed[0] != x[0]).any(0).any(0).sum()) in (0, 1)


def test_erm_is_the_identity_and_its_mask_is_all_ones():
    plan = plan_of("erm")
    x = torch.randn(16, *PICTURE)
    assert torch.equal(interpolate(x, plan), x)
    assert plan.wy.eq(1).all()


@pytest.mark.parametrize(
    ("start", "stop", "steps", "wanted"),
    [(0.0, 1.0, 10, range(10)), (0.0, 0.5, 10, range(5)), (0.25, 1.0, 10, range(3, 10)), (0.5, 0.5, 10, range(0))],
)
def test_a_window_is_start_times_steps_up_to_stop_times_steps(start, stop, steps, wanted):
    windowed = method(f"mixup(start={start}, stop={stop})")
    assert [s for s in range(steps) if windowed.active(s, steps)] == list(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "mixup(alpha=0)",
        "mixup(alpha=-1)",
        "mixup(start=0.6, stop=0.5)",
        "mixup(stop=1.5)",
        "mixup(length=0)",
        "mixup(batch=0)",
        "mixup(lam=both)",
        "mixup(alpha='x')",
        "mixup(alpha=None)",
        "cutmix(alpha=0)",
        "mixup(length=1.5)",
    ],
)
def test_values_out_of_range_are_refused(text):
    with pytest.raises(InputError):
        resolve_method(text)


def test_cutmix_says_where_it_does_not_apply():
    sites = {"input": (1, 8, 8), "hidden": (16, 4, 4), "embedding": (32,)}
    task = TaskInfo("images", "class", 10, sites, 32, 150)
    assert method("cutmix").reject(task) is None
    assert method("cutmix(site=hidden)").reject(task) is None
    assert "input, hidden" in method("cutmix(site=embedding)").reject(task)
    assert "random" in method("cutmix(site=random)").reject(task)
