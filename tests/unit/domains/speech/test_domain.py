"""How clips look, and what the kit tries."""

import numpy as np
import pytest
import torch
from support.domains import Axis, check_samples

from mixsuite.domains.speech.domain import Speech

DOMAIN = Speech()
SHAPES = {"input": (5, 12), "hidden": (6, 12), "embedding": (8,)}


def test_samples_are_drawn_from_the_generator_and_have_its_sites():
    check_samples(DOMAIN, SHAPES)


def test_every_third_sample_is_shorter_and_its_padding_is_empty():
    x, mask = DOMAIN.samples(6, torch.Generator().manual_seed(0))["input"]
    assert mask[:, 0].sum(1).tolist() == [8, 12, 12, 8, 12, 12]
    assert (x * (1 - mask)).eq(0).all()


def test_frames_that_the_mask_leaves_out_stay_white():
    axis, mask = Axis(), np.array([[1.0, 1.0, 0.0]])
    DOMAIN.draw_row(axis, [np.array([[1.0, 2, 3], [4, 5, 6]]), mask])
    np.testing.assert_array_equal(axis.picture, [[1, 2, np.nan], [4, 5, np.nan]])
    DOMAIN.draw_row(axis, [np.array([[0.1, 0.2, 0.3]]), mask])
    np.testing.assert_array_equal(axis.line[0], [0.1, 0.2, np.nan])
    assert (axis.xlim, axis.ylim) == ((0, 3), (-1, 1))


@pytest.mark.parametrize(("shape", "alike"), [((2, 3, 4), True), ((2, 3), False), ((2, 3, 4, 5), False)])
def test_three_axes_look_like_clips_with_or_without_a_mask(shape, alike):
    x = torch.zeros(shape)
    assert DOMAIN.matches(x) == DOMAIN.matches((x, x)) == alike
    assert not DOMAIN.matches((x, x, x))
