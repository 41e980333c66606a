"""AugMix against its mixture, its divergence, and its operations one by one."""

import pytest
import torch
from scipy.ndimage import affine_transform
from support.methods import method, picture_plan
from torch.nn import functional as F

from mixsuite.mixing import Batch, Tail
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.aug_mix import AugMix, _mixture, _operation


def pictures(n=16, side=8, seed=0):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def turned(x, theta):
    """A picture [C, H, W] under an affine map [2, 3], by scipy: bilinear, zeros outside."""
    side = x.shape[-1]
    a, b = theta[:, :2].flip(0).flip(1).double().numpy(), theta[:, 2].flip(0).double().numpy()
    centre = (side - 1) / 2
    offset = centre - a @ [centre, centre] + b * side / 2
    return torch.stack(
        [
            torch.from_numpy(affine_transform(c.double().numpy(), a, offset, order=1, cval=0.0, mode="grid-constant"))
            for c in x
        ]
    )


def test_a_mixture_is_the_share_of_the_row_and_of_each_turned_copy():
    x, plan = pictures(), picture_plan("aug_mix")
    shares, maps = plan.extra["first"], plan.extra["first maps"]
    torch.testing.assert_close(shares.sum(1), torch.ones(16))
    found = _mixture(x, shares, maps)
    for i in range(4):
        wanted = shares[i, 0] * x[i] + sum(shares[i, 1 + k] * turned(x[i], maps[i, k]) for k in range(3))
        torch.testing.assert_close(found[i].double(), wanted.double(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("number", range(5))
def test_an_operation_is_a_rotation_a_shear_or_a_shift(number):
    (found,) = _operation(torch.tensor([number]), torch.tensor([1.0]))
    angle = torch.tensor(9.0).deg2rad()
    wanted = torch.eye(3)
    if number == 0:
        wanted[:2, :2] = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    else:
        wanted[{1: (0, 1), 2: (1, 0), 3: (0, 2), 4: (1, 2)}[number]] = 0.09 if number < 3 else 0.2
    torch.testing.assert_close(found, wanted)
    (none,) = _operation(torch.tensor([number]), torch.tensor([0.0]))
    assert torch.equal(none, torch.eye(3))


def test_the_objective_is_the_clean_loss_and_the_divergence_of_three_predictions():
    x, plan, net = (
        pictures(),
        picture_plan("aug_mix(weight=3)"),
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4)),
    )
    y = torch.arange(16) % 4
    found = method("aug_mix(weight=3)").objective(
        Tail(net), x, Batch(y, (3, 8, 8), torch.tensor(0.0), {}), plan, cross_entropy
    )
    ps = [
        net(z).softmax(1)
        for z in (x, *(_mixture(x, plan.extra[c], plan.extra[f"{c} maps"]) for c in ("first", "second")))
    ]
    mean = sum(ps) / 3
    apart = sum((p * (p / mean).log()).sum(1) for p in ps) / 3
    torch.testing.assert_close(found, F.cross_entropy(net(x), y) + 3 * apart.mean())


def test_copies_differ_and_values_out_of_range_are_refused():
    plan = picture_plan("aug_mix")
    assert not torch.equal(plan.extra["first maps"], plan.extra["second maps"])
    assert (plan.wy == 1).all()
    for bad in ({"chains": 0}, {"strength": 0}, {"weight": -1}):
        with pytest.raises(ValueError, match="allowed is"):
            AugMix(**bad)
