"""Pieces for nets of other libraries."""

import copy

import pytest
import torch
from torch import nn

from mixsuite.errors import InputError
from mixsuite.models.adapted import Part, Rgb, keywords, last_linear


def test_words_and_lists_are_what_libraries_take():
    assert keywords((("weights", "none"), ("dims", (1, 2)), ("act", "relu"), ("p", 0.5))) == {
        "weights": None, "dims": [1, 2], "act": "relu", "p": 0.5,
    }  # fmt: skip


def test_grey_is_given_three_times_and_other_numbers_of_channels_are_refused():
    x = torch.randn(2, 1, 4, 4)
    assert torch.equal(Rgb()(x), torch.cat([x, x, x], 1))
    assert torch.equal(Rgb()(Rgb()(x)), Rgb()(x))
    with pytest.raises(InputError, match="pictures of 4 channels"):
        Rgb()(torch.zeros(2, 4, 4, 4))


def test_parts_have_the_nets_weights_once_and_a_copy_has_its_own():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    parts = nn.ModuleList([Part(net, lambda n, h: n[0](h), owns=True), Part(net, lambda n, h: n[1](h))])
    assert len(list(parts.parameters())) == len(parts.state_dict()) == 4
    x = torch.randn(5, 3)
    assert torch.equal(parts[1](parts[0](x)), net(x))
    other = copy.deepcopy(parts)
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    assert not other[1](other[0](x)).any()
    assert parts[1](parts[0](x)).any()
    assert last_linear(net) == "1"
    assert last_linear(nn.ReLU()) == ""
