"""RandAugment, row by row."""

import pytest
import torch
from support.augmentations import augmented
from torchvision.transforms import v2

from mixsuite.domains.images.augmentations.rand_augment import RandAugment
from mixsuite.mixing.rng import uniforms


def test_each_row_is_torchvisions_with_the_generator_set_by_its_draw():
    pixels = torch.randint(0, 256, (6, 3, 12, 12), dtype=torch.uint8)
    pixels[0, :, 0, 0], pixels[1, :, 0, 0] = 0, 255
    x = pixels.double() / 255 * 4 - 2  # -2 is black and 2 is white
    out = augmented("rand_augment(ops=3, magnitude=12)", x, number=4)
    draws = uniforms(0, "augment/rand_augment", 4, 1, 6)[0]
    for row, was, u in zip(out, pixels, draws, strict=True):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(u * 2**32))
            wanted = v2.RandAugment(3, 12)(was)
        torch.testing.assert_close(row, wanted.double() / 255 * 4 - 2)
    assert not torch.equal(out, x)


def test_no_operation_rounds_to_256_values_and_changes_nothing_else():
    x = torch.randn(5, 1, 8, 8)
    step = float(x.max() - x.min()) / 255
    torch.testing.assert_close(augmented("rand_augment(ops=0)", x), x, atol=0.51 * step, rtol=0)


@pytest.mark.parametrize(("values", "said"), [({"ops": -1}, "ops=-1"), ({"magnitude": 31}, "magnitude=31")])
def test_bad_parameters_are_refused(values, said):
    with pytest.raises(ValueError, match=said):
        RandAugment(**values)
