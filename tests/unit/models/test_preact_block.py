"""The pre-activation block, written out."""

import pytest
import torch
from torch.nn import functional as F

from mixsuite.models.preact_block import PreactBlock


@pytest.mark.parametrize(("fan_out", "stride"), [(4, 1), (6, 1), (4, 2), (8, 2)])
def test_a_block_is_norm_relu_convolution_twice_and_a_shortcut(fan_out, stride):
    block, x = PreactBlock(4, fan_out, stride).double().eval(), torch.randn(3, 4, 8, 8).double()
    h = block.norm1(x).clamp(min=0)
    out = F.conv2d(h, block.conv1.weight, stride=stride, padding=1)
    out = F.conv2d(block.norm2(out).clamp(min=0), block.conv2.weight, padding=1)
    alike = fan_out == 4 and stride == 1
    past = x if alike else F.conv2d(h, block.shortcut.weight, stride=stride)
    torch.testing.assert_close(block(x), out + past)
