"""Squares set to the mean."""

import pytest
import torch
from support.augmentations import augmented

from mixsuite.domains.images.augmentations.cutout import Cutout


def test_a_square_about_a_pixel_is_zero_and_the_rest_stays():
    x = torch.rand(200, 2, 8, 10) + 1
    out = augmented("cutout(side=0.5)", x)
    sizes = set()
    for row, was in zip(out, x, strict=True):
        gone = row.eq(0)
        assert torch.equal(gone[0], gone[1])
        assert torch.equal(row, torch.where(gone, 0.0, was))
        down, across = gone[0].any(1).nonzero()[:, 0], gone[0].any(0).nonzero()[:, 0]
        assert gone[0][down[0] : down[-1] + 1, across[0] : across[-1] + 1].all()  # a box
        sizes.add((len(down), len(across)))
    assert max(sizes) == (4, 5)
    assert min(h for h, _ in sizes) == 2  # cut off at the border, but its centre is inside


def test_a_side_that_is_no_share_is_refused():
    with pytest.raises(ValueError, match=r"side=0: allowed is above 0, to 1"):
        Cutout(side=0)
