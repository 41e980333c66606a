"""The small convolutional net, written out."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mixsuite.data.rows import Data, Subset
from mixsuite.models.images.conv import ChannelsLast, Conv


def data(channels=3):
    part = Subset(torch.zeros(4, channels, 8, 8), torch.zeros(4, dtype=torch.int64))
    return Data(part, part, part, "class", 5)


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_it_is_convolution_norm_and_relu_with_pools_between(blocks):
    model, h = Conv(dropout=0.0, width=4, blocks=blocks).build(data()).double().eval(), torch.randn(6, 3, 8, 8).double()
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d | nn.Linear)]
    assert [layer.out_channels for layer in layers[:-1:2]] == [4 * 2**i for i in range(blocks)]
    out = h
    for number, (convolution, norm) in enumerate(zip(layers[:-1:2], layers[1:-1:2], strict=True)):
        assert convolution.bias is None
        out = F.max_pool2d(out, 2) if number else out
        out = norm(F.conv2d(out, convolution.weight, padding=1)).clamp(min=0)
    torch.testing.assert_close(model(h), layers[-1](out.mean((2, 3))))
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 2}


def test_the_order_in_memory_is_channels_last_and_no_value_changes():
    x = torch.randn(2, 3, 4, 5)
    found = ChannelsLast()(x)
    assert torch.equal(found, x)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_dropout_stands_before_the_last_layer_alone():
    model = Conv(dropout=0.5, width=4).build(data())
    (layer,) = (layer for layer in model.modules() if isinstance(layer, nn.Dropout))
    assert layer is model.stages[2][0]
    assert layer.p == 0.5
