"""Pictures mirrored."""

import torch
from support.augmentations import augmented

from mixsuite.mixing.rng import uniforms


def test_rows_are_mirrored_where_the_draw_is_below_a_half():
    x = torch.randn(64, 3, 6, 5)
    out = augmented("flip", x, number=2)
    mirrored = torch.from_numpy(uniforms(0, "augment/flip", 2, 1, 64)[0] < 0.5)
    assert 20 < int(mirrored.sum()) < 44
    for row in range(64):
        assert torch.equal(out[row], x[row].flip(-1) if mirrored[row] else x[row])
