"""How images look, and what the kit tries."""

import numpy as np
import pytest
import torch
from support.domains import Axis, check_samples

from mixsuite.domains.images.domain import Images

DOMAIN = Images()
SHAPES = {"input": (3, 8, 8), "hidden": (4, 8, 8), "embedding": (8,)}


def test_samples_are_drawn_from_the_generator_and_have_its_sites():
    check_samples(DOMAIN, SHAPES)


def test_a_picture_is_stretched_to_black_and_white():
    axis, x = Axis(), np.array([[[2.0, 4.0], [6.0, 3.0]]])
    DOMAIN.draw_row(axis, [x])
    np.testing.assert_allclose(axis.picture, [[0, 0.5], [1, 0.25]])
    assert axis.options["cmap"] == "gray"
    DOMAIN.draw_row(axis, [np.zeros((1, 2, 2))])
    assert axis.picture.tolist() == [[0, 0], [0, 0]]
    colours = np.random.default_rng(0).random((3, 2, 4))
    DOMAIN.draw_row(axis, [colours])
    assert axis.picture.shape == (2, 4, 3)
    np.testing.assert_allclose(axis.picture[..., 1], (colours[1] - colours.min()) / np.ptp(colours))
    assert "cmap" not in axis.options


@pytest.mark.parametrize(("shape", "alike"), [((2, 3, 4, 4), True), ((2, 3, 4), False), ((2, 3), False)])
def test_four_axes_look_like_pictures(shape, alike):
    assert DOMAIN.matches(torch.zeros(shape)) == alike
    assert not DOMAIN.matches((torch.zeros(shape), torch.zeros(shape)))
