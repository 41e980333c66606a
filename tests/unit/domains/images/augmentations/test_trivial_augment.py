"""TrivialAugment, row by row."""

import torch
from support.augmentations import augmented
from torchvision.transforms import v2

from mixsuite.mixing.rng import uniforms


def test_each_row_is_torchvisions_with_the_generator_set_by_its_draw():
    pixels = torch.randint(0, 256, (5, 1, 10, 10), dtype=torch.uint8)
    pixels[0, 0, 0, :2] = torch.tensor([0, 255], dtype=torch.uint8)
    x = pixels.double() / 255
    out = augmented("trivial_augment", x)
    for row, was, u in zip(out, pixels, uniforms(0, "augment/trivial_augment", 0, 1, 5)[0], strict=True):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(u * 2**32))
            wanted = v2.TrivialAugmentWide()(was)
        torch.testing.assert_close(row, wanted.double() / 255)


def test_rows_of_one_picture_are_changed_each_in_its_own_way():
    x = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)).expand(200, 3, 16, 16)
    out = augmented("trivial_augment", x)  # in float32: draws of 24 bits
    assert len({row.numpy().tobytes() for row in out}) > 100
