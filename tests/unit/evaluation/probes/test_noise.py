"""Additive Gaussian noise."""

import torch
from support.probes import probe, real, rows

from mixsuite.evaluation.base import spread


def test_noise_is_in_units_of_the_training_parts_channels():
    train = torch.randn(400, 3, 8, 8) * torch.tensor([1.0, 5.0, 0.1])[None, :, None, None]
    assert torch.allclose(spread(train)[0, :, 0, 0], train.std((0, 2, 3), correction=0))
    x = torch.zeros(200, 3, 8, 8)
    added = probe("noise(std=0.5)").disturb(x, rows(train))
    assert torch.allclose(added.std((0, 2, 3)), 0.5 * train.std((0, 2, 3)), rtol=0.03)
    # A clip's padding is no part of its channel's spread.
    clip = torch.tensor([[[1.0, 3.0, 0.0, 0.0]]])
    assert float(spread((clip, torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])))) == 1.0


def test_draws_are_the_same_for_every_model_and_differ_by_seed():
    data, _ = real("images")
    a, b, c = (probe("noise").disturb(data.test.x, rows(data.train.x, seed=s)) for s in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
