"""Pictures moved by some pixels."""

import torch
from support.augmentations import augmented


def test_a_row_is_moved_by_up_to_an_eighth_and_zeros_move_in():
    x = 1 + torch.arange(16 * 16, dtype=torch.float32).reshape(1, 1, 16, 16).repeat(300, 1, 1, 1)
    out = augmented("crop", x)
    seen = set()
    for row in out[:, 0]:
        wide = torch.zeros(20, 20)
        wide[2:18, 2:18] = x[0, 0]
        places = [(i, j) for i in range(5) for j in range(5) if torch.equal(row, wide[i : i + 16, j : j + 16])]
        assert len(places) == 1
        seen |= set(places)
    assert len(seen) == 25  # all moves, none beyond


def test_a_crop_that_is_flipped_draws_as_the_crop_alone():
    x = torch.randn(9, 2, 16, 16)
    both, crop = augmented("crop+flip", x), augmented("crop", x)
    assert all(torch.equal(b, c) or torch.equal(b, c.flip(-1)) for b, c in zip(both, crop, strict=True))
    assert torch.equal(both, augmented("flip", crop))
