"""Pre-activation residual nets: their sizes as published, their blocks written out."""

import pytest
import torch
from torch.nn import functional as F

from mixsuite.data.rows import Data, Subset
from mixsuite.models.base import site_shapes
from mixsuite.models.images.preact_resnet import PreactBlock, PreactResnet


def pictures(classes=10, size=32):
    part = Subset(torch.zeros(2, 3, size, size), torch.zeros(2, dtype=torch.int64))
    return Data(part, part, part, "class", classes)


def test_it_has_as_many_weights_as_its_docstring_says():
    net = PreactResnet().build(pictures())
    assert sum(weight.numel() for weight in net.parameters()) == 11_172_170
    shapes = site_shapes(net, torch.zeros(1, 3, 32, 32))
    assert shapes == {"input": (3, 32, 32), "hidden": (64, 32, 32), "embedding": (512,)}


@pytest.mark.parametrize(("fan_out", "stride"), [(4, 1), (6, 1), (4, 2), (8, 2)])
def test_a_block_is_norm_relu_convolution_twice_and_a_shortcut(fan_out, stride):
    block, x = PreactBlock(4, fan_out, stride).double().eval(), torch.randn(3, 4, 8, 8).double()
    h = block.norm1(x).clamp(min=0)
    out = F.conv2d(h, block.conv1.weight, stride=stride, padding=1)
    out = F.conv2d(block.norm2(out).clamp(min=0), block.conv2.weight, padding=1)
    alike = fan_out == 4 and stride == 1
    past = x if alike else F.conv2d(h, block.shortcut.weight, stride=stride)
    torch.testing.assert_close(block(x), out + past)
