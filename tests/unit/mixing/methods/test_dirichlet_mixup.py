"""Mixes of three rows and more, against a slow twin."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from mixsuite.errors import InputError
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Mixer, Rng
from mixsuite.mixing.method import Batch


def plan_of(inside, n=6, step=0, seed=0):
    batch = Batch(torch.arange(n) % 3, (4,), torch.tensor(0.0), {})
    return make_method(resolve_method(f"dirichlet_mixup({inside})")).plan(batch, Rng(seed, n).at(step))


@pytest.mark.parametrize(("k", "alpha"), [(3, 1.0), (5, 0.3)])
@pytest.mark.slow
def test_shares_are_of_the_dirichlet_law(k, alpha):
    shares = torch.cat([plan_of(f"k={k}, alpha={alpha}", 64, step).wy for step in range(60)]).double().numpy()
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    for column in shares.T:
        assert stats.kstest(column[::7], stats.beta(alpha, (k - 1) * alpha).cdf).pvalue > 1e-3


def test_every_row_is_the_sum_of_its_rows_by_their_shares_and_so_is_its_loss():
    """The twin goes row by row in numpy."""
    x, y = torch.randn(6, 4, dtype=torch.float64), torch.arange(6) % 3
    net = torch.nn.Linear(4, 3).double()
    mixed, target = Mixer("dirichlet_mixup(k=4)", seed=5)(x, y)
    batch = Batch(y, (4,), torch.tensor(0.0), {})
    rng = Rng(5, 6, dtype=torch.float64).at(0)
    plan = make_method(resolve_method("dirichlet_mixup(k=4)")).plan(batch, rng)
    logits = F.log_softmax(net(mixed), 1)
    loss = 0.0
    for i in range(6):
        rows = [i, *plan.partner[i].tolist()]
        shares = plan.wy[i].tolist()
        wanted = sum(share * x[row] for share, row in zip(shares, rows, strict=True))
        torch.testing.assert_close(mixed[i], wanted)
        loss += sum(-share * logits[i, y[row]] for share, row in zip(shares, rows, strict=True)) / 6
    torch.testing.assert_close(target.loss(net(mixed)), loss)
    torch.testing.assert_close(Mixer("dirichlet_mixup(k=4)", seed=5).loss(net, x, y), loss)
    soft = target.soft(3)
    torch.testing.assert_close(-(soft * logits).sum(1).mean(), loss)


def test_partners_are_permutations_that_differ():
    plan = plan_of("k=4", 32)
    assert all(sorted(column.tolist()) == list(range(32)) for column in plan.partner.T)
    assert not torch.equal(plan.partner[:, 0], plan.partner[:, 1])


@pytest.mark.parametrize("inside", ["k=1", "k=17", "alpha=0"])
def test_what_is_not_allowed_is_refused(inside):
    with pytest.raises(InputError, match="allowed is"):
        resolve_method(f"dirichlet_mixup({inside})")
