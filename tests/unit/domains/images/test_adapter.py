"""How pictures are encoded and augmented."""

import numpy as np
import pytest
import torch

from mixsuite.data.rows import Raw
from mixsuite.domains.images.domain import Images
from mixsuite.errors import InputError


def test_pictures_are_standardised_per_channel_by_the_training_rows():
    draws = np.random.default_rng(0)
    x = draws.integers(0, 255, size=(20, 5, 4, 3)).astype(np.uint8)
    x[10:] += 0  # the rest is another world, which must not be looked at
    train = np.arange(10)
    z = Images().encode(Raw(x, np.zeros(20)), np.arange(20), train).x
    assert z.shape == (20, 3, 5, 4)
    torch.testing.assert_close(z[:10].mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(z[:10].std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)
    other = x.copy()
    other[10:] = 0
    torch.testing.assert_close(Images().encode(Raw(other, np.zeros(20)), np.arange(20), train).x[:10], z[:10])


@pytest.mark.parametrize("name", ["flip", "crop", "crop+flip"])
def test_augmentation_is_a_function_of_its_draws(name):
    apply = Images().augment(name)
    x, u = torch.randn(6, 2, 16, 16), torch.rand(6, 4)
    before = x.clone()
    assert torch.equal(apply(x, u), apply(x, u))
    assert torch.equal(x, before)
    assert apply(x, u).shape == x.shape


def test_a_flip_and_a_crop_do_what_they_say():
    x = torch.arange(2 * 16 * 16, dtype=torch.float32).reshape(2, 1, 16, 16)
    flipped = Images().augment("flip")(x, torch.tensor([[0.1, 0, 0, 0], [0.9, 0, 0, 0]]))
    assert torch.equal(flipped[0], x[0].flip(-1))
    assert torch.equal(flipped[1], x[1])
    # 16 pixels: up to 2 each way; u = 0 takes the window's upper left corner, so the picture moves down and right.
    crop = Images().augment("crop")
    moved = crop(x, torch.tensor([[0, 0.0, 0.0, 0], [0, 0.5, 0.5, 0]]))
    assert torch.equal(moved[0, 0, 2:, 2:], x[0, 0, :-2, :-2])
    assert moved[0, 0, :2].eq(0).all()
    assert torch.equal(moved[1], x[1])


def test_grey_pictures_get_a_channel_and_only_the_rows_asked_for_are_there():
    x = np.random.default_rng(0).normal(size=(6, 4, 5))
    z = Images().encode(Raw(x, np.zeros(6)), np.array([1, 4]), np.array([0, 1])).x
    assert z.shape == (2, 1, 4, 5)
    chosen = x[[1, 4]]
    np.testing.assert_allclose(z[:, 0].numpy(), (chosen - chosen.mean()) / chosen.std(), rtol=1e-4, atol=1e-5)


def test_a_channel_of_one_value_becomes_zero():
    x = np.ones((4, 3, 3, 2), dtype=np.uint8)
    x[..., 1] = np.arange(36).reshape(4, 3, 3)
    z = Images().encode(Raw(x, np.zeros(4)), np.arange(4), np.arange(4)).x
    assert z[:, 0].eq(0).all()
    assert z.isfinite().all()


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 3, 5), (4, 3, 3, 3, 3)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(InputError, match="pictures must be"):
        Images().encode(Raw(np.zeros(shape), np.zeros(4)), np.arange(4), np.arange(4))


def test_no_augmentation_is_none_and_an_unknown_one_is_named():
    assert Images().augment("none") is None
    with pytest.raises(InputError, match=r"unknown augment 'flop'; did you mean 'flip'\?"):
        Images().augment("flop")


def test_crop_and_flip_is_a_crop_that_is_flipped():
    x, u = torch.randn(6, 2, 16, 16), torch.rand(6, 4)
    both, crop, flip = (Images().augment(name) for name in ("crop+flip", "crop", "flip"))
    assert torch.equal(both(x, u), flip(crop(x, u), u))
