"""Pictures out of focus."""

import torch
from support.probes import probe, rows


def test_a_point_becomes_a_bell_of_its_own_channel():
    x = torch.arange(2 * 3 * 5 * 5, dtype=torch.float32).reshape(2, 3, 5, 5)
    assert torch.allclose(probe("blur(sigma=0)").disturb(x, rows(x)), x)
    point = torch.zeros(1, 2, 9, 9)
    point[0, 0, 4, 4] = 1
    soft = probe("blur(sigma=1)").disturb(point, rows(point))
    bell = torch.exp(-0.5 * torch.arange(-4.0, 5) ** 2)
    assert torch.allclose(soft[0, 0], torch.outer(bell, bell) / bell.sum() ** 2, atol=1e-3)
    assert (soft[0, 1] == 0).all()  # channels and rows do not run into each other
