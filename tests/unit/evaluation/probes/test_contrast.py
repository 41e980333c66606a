"""Less contrast."""

import torch
from support.probes import probe, rows


def test_each_channel_is_drawn_towards_its_own_mean():
    x = torch.arange(2 * 3 * 5 * 5, dtype=torch.float32).reshape(2, 3, 5, 5)
    half = probe("contrast(factor=0.5)").disturb(x, rows(x))
    assert torch.allclose(half.mean((2, 3)), x.mean((2, 3)))
    assert torch.allclose(half.std((2, 3)), 0.5 * x.std((2, 3)))
