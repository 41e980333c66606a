"""Boxes as masks, shares over shapes, and sites that cannot hold a box."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixsuite.mixing import box_mask, over, reject_flat

unit = st.floats(0, 1, exclude_max=True, width=32)


@given(st.floats(0, 1, width=32), unit, unit, st.integers(1, 9), st.integers(1, 9))
def test_a_box_is_cut_pixel_by_pixel(lam, across, down, height, width):
    mask = box_mask(torch.tensor([lam]), torch.tensor([across]), torch.tensor([down]), (2, height, width))
    assert mask.shape == (1, 1, height, width)
    middle = [int(torch.tensor([u]) * size) for u, size in ((down, height), (across, width))]
    half = [int(0.5 * (1 - torch.tensor([lam])).sqrt() * size) for size in (height, width)]
    for row in range(height):
        for column in range(width):
            place = zip((row, column), middle, half, strict=True)
            inside = all(centre - reach <= pixel < centre + reach for pixel, centre, reach in place)
            assert float(mask[0, 0, row, column]) == 1 - inside


def test_a_box_of_a_state_without_channels_and_the_extremes():
    one = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5])
    mask = box_mask(*one, (4, 6))
    assert mask.shape == (2, 4, 6)
    assert mask[0].eq(1).all()  # everything stays
    assert mask[1].eq(0).all()  # a box in the middle of twice the half side takes all
    assert box_mask(torch.tensor([0.75]), torch.tensor([0.0]), torch.tensor([0.0]), (4, 4))[0].tolist() == [
        [0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1],
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(), (3,), (2, 4, 5)])
def test_a_share_gets_as_many_axes_as_a_row(shape):
    v = torch.rand(6)
    assert over(v, shape).shape == (6, *[1] * len(shape))
    assert torch.equal(over(v, shape).flatten(), v)


def test_boxes_need_two_axes_longer_than_one():
    sites = {"wave": (1, 800), "input": (40, 9), "hidden": (1, 9), "embedding": (32,), "map": (8, 4, 4)}
    assert reject_flat("cutmix", "input", sites) is None
    assert reject_flat("cutmix", "map", sites) is None
    wanted = "cutmix cuts boxes, which site 'hidden' cannot hold; this task could at: input, map"
    assert reject_flat("cutmix", "hidden", sites) == wanted
    assert reject_flat("cutmix", "wave", sites) is not None
    assert "site 'random'" in reject_flat("cutmix", "random", sites)
    pictures = {"wave": (1, 800), "input": (40, 9), "map": (8, 4, 4)}
    assert reject_flat("cutmix", "random", pictures) is None  # a wave is never drawn
    assert reject_flat("cutmix", "input", {"input": (3,)}).endswith("this task could at: no site")
