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
            torch.manual_seed(int(u * 2**53))
            wanted = v2.TrivialAugmentWide()(was)
        torch.testing.assert_close(row, wanted.double() / 255)
