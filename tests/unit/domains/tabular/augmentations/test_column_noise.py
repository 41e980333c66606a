"""Numbers disturbed."""

import pytest
import torch
from support.augmentations import augmented

from mixsuite.domains.tabular.augmentations.column_noise import ColumnNoise


def test_numbers_get_noise_of_the_deviation_asked_for_and_categories_none():
    x = torch.randn(4000, 4)
    out = augmented("column_noise(sd=0.25)", x, groups=(0, 1, 1, 2), numbers=(True, False, False, True))
    noise = out - x
    assert noise[:, 1:3].abs().max() == 0
    torch.testing.assert_close(noise.std(0)[[0, 3]], torch.tensor([0.25, 0.25]), atol=0.01, rtol=0)
    assert float(torch.corrcoef(noise[:, [0, 3]].T)[0, 1].abs()) < 0.05


def test_a_deviation_below_0_is_refused():
    with pytest.raises(ValueError, match="sd=-1: allowed is 0 to 10"):
        ColumnNoise(sd=-1)
