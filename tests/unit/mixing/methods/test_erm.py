"""No mixing."""

import torch
from support.methods import method, picture_plan

from mixsuite.mixing import Batch, Tail, interpolate
from mixsuite.mixing.losses import cross_entropy

PICTURE = (3, 8, 8)


def test_erm_is_the_identity_and_its_mask_is_all_ones():
    plan = picture_plan("erm")
    x = torch.randn(16, *PICTURE)
    assert torch.equal(interpolate(x, plan), x)
    assert plan.wy.eq(1).all()


def test_its_objective_is_the_plain_mean_and_looks_at_no_plan():
    erm, x, y = method("erm"), torch.randn(16, 4), torch.arange(16) % 4
    batch = Batch(y, (4,), torch.tensor(0.0), {})
    found = erm.objective(Tail(lambda h: 2 * h), x, batch, None, cross_entropy)
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(2 * x, y))
    weighted = erm.objective(
        Tail(lambda h: 2 * h), x, batch._replace(row_weight=torch.arange(16.0)), None, cross_entropy
    )
    wanted = (torch.arange(16.0) * torch.nn.functional.cross_entropy(2 * x, y, reduction="none")).mean()
    torch.testing.assert_close(weighted, wanted)
    assert erm.mix(x, None) is x
    assert (erm.mixes, erm.stackable, erm.site) == (False, True, "random")
