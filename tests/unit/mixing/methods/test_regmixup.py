"""RegMixup against a slow twin."""

import torch
from support.methods import method
from support.objectives import B, C, a_batch, network, objective
from torch.nn import functional as F

from mixsuite.mixing.engine import clean_loss
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.rng import Rng


def test_regmixup_equals_a_slow_twin_in_one_pass_and_in_two():
    x, batch = a_batch()
    lam = float(Rng(0, B, dtype=torch.float64).at(3).beta(10.0, 10.0, 1)[0])
    partner = Rng(0, B, dtype=torch.float64).at(3).permutation(B)
    for passes in (1, 2):
        net, twin = network(norm=True), network(norm=True)
        value, tail = objective(f"regmixup(clean=0.3, passes={passes})", net)
        mixed_x = lam * x + (1 - lam) * x[partner]
        if passes == 1:
            clean_out, mixed_out = twin(torch.cat([x, mixed_x])).split(B)
        else:
            clean_out, mixed_out = twin(x), twin(mixed_x)
        hot = F.one_hot(batch.y, C).double()
        wanted = 0.3 * F.cross_entropy(clean_out, batch.y) + 0.7 * F.cross_entropy(
            mixed_out, lam * hot + (1 - lam) * hot[partner]
        )
        torch.testing.assert_close(value, wanted)
        assert tail.rows == 2 * B
        torch.testing.assert_close(net[1].running_mean, twin[1].running_mean)
    assert clean_loss(network()(x), batch, cross_entropy) > 0


def test_a_batch_can_be_mixed_before_the_model_in_one_pass_alone():
    assert method("regmixup").mixes_alone
    assert not method("regmixup(passes=2)").mixes_alone
    assert method("regmixup(passes=2)").stackable
