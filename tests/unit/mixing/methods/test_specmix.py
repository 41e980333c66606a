"""SpecMix: bands and stretches."""

import torch
from support.methods import plan_of, shares


def test_specmix_takes_bands_and_stretches():
    for step in range(40):
        plan = plan_of("specmix(bands=2, width=0.4)", shape=(20, 30), step=step)
        outside = 1 - plan.wx[0]
        bands, times = outside.amin(1), outside.amin(0)  # lines that are the partner's all along
        assert torch.equal(outside, 1 - (1 - bands)[:, None] * (1 - times)[None])
        assert bands.sum() <= 2 * 8
        assert times.sum() <= 2 * 12
    assert min(shares("specmix", shape=(20, 30))) < 0.6
    assert max(shares("specmix", shape=(20, 30))) == 1
