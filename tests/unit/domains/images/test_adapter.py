"""How pictures are encoded."""

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
