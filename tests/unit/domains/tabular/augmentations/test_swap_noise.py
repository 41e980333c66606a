"""Cells taken from other rows."""

import pytest
import torch
from support.augmentations import augmented

from mixsuite.domains.tabular.augmentations.swap_noise import SwapNoise


def test_cells_come_from_training_rows_and_a_category_as_a_whole():
    category = torch.nn.functional.one_hot(torch.randint(0, 3, (2000,)), 3).float()
    x = torch.cat([torch.arange(2000.0)[:, None], category, torch.arange(2000.0)[:, None] + 1e4], 1)
    out = augmented("swap_noise(share=0.3)", x, groups=(0, 2, 2, 2, 5), numbers=(True, False, False, False, True))
    moved = out.ne(x)
    assert abs(float(moved[:, 0].float().mean()) - 0.3) < 0.05
    assert abs(float(moved[:, 4].float().mean()) - 0.3) < 0.05
    both = (moved[:, 0] & moved[:, 4]).float().mean()
    assert abs(float(both) - 0.09) < 0.03  # each cell by itself
    assert torch.equal(out[:, 1:4].sum(1), torch.ones(2000))
    assert out[:, 0].max() < 2000 and out[:, 4].min() >= 1e4  # from the same column


def test_all_or_nothing():
    x = torch.randn(50, 3)
    assert torch.equal(augmented("swap_noise(share=0)", x, groups=(0, 1, 2), numbers=(True,) * 3), x)
    with pytest.raises(ValueError, match="share=2: allowed is 0 to 1"):
        SwapNoise(share=2)
