"""Standardised pictures as pixels of 0 to 255."""

import pytest
import torch
from support.augmentations import rows_as_data

from mixsuite.domains.images.eight_bit import Range, each_row
from mixsuite.errors import InputError


def test_the_range_is_the_training_parts_and_what_lies_outside_is_cut():
    train = torch.tensor([-1.0, 3.0]).reshape(2, 1, 1, 1).expand(2, 3, 4, 4)
    seen = Range.of(rows_as_data(train))
    assert (seen.low.tolist(), seen.high.tolist()) == ([[[-1.0]]] * 3, [[[3.0]]] * 3)
    x = torch.tensor([-9.0, 1.0, 9.0]).reshape(3, 1, 1, 1).expand(3, 3, 4, 4)
    given = []
    out = each_row(lambda row: given.append(row) or row, x, torch.tensor([0.1, 0.2, 0.3]), seen)
    assert [row.unique().tolist() for row in given] == [[0], [128], [255]]
    torch.testing.assert_close(out[:, 0, 0, 0], torch.tensor([-1.0, 128 / 255 * 4 - 1, 3.0]))


def test_a_channel_of_one_value_stays():
    flat = torch.full((2, 1, 4, 4), 0.5)
    seen = Range.of(rows_as_data(flat))
    assert torch.equal(each_row(lambda row: row, flat, torch.rand(2), seen), flat)


def test_torchs_generator_is_where_it_was():
    x = torch.randn(2, 1, 4, 4)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    each_row(
        lambda row: torch.randint(0, 256, row.shape, dtype=torch.uint8),
        x,
        torch.rand(2, generator=torch.Generator()),
        Range.of(rows_as_data(x)),
    )
    assert torch.equal(torch.get_rng_state(), state)


def test_pictures_of_other_channels_are_refused():
    with pytest.raises(InputError, match=r"pictures of 1 or 3 channels; these rows are \[2, 4, 4\]"):
        Range.of(rows_as_data(torch.randn(2, 2, 4, 4)))
