"""The residual net for tables: its size, and its blocks written out."""

import torch
from torch.nn import functional as F

from mixsuite.data.rows import Data, Subset
from mixsuite.models.tabular.tabular_resnet import TabularResnet


def table():
    part = Subset(torch.randn(8, 5), torch.arange(8) % 3)
    return Data(part, part, part, "class", 3)


def test_it_has_as_many_weights_as_its_docstring_says():
    net = TabularResnet().build(table())
    assert sum(weight.numel() for weight in net.parameters()) == 199_939


def test_a_block_is_norm_linear_relu_linear_and_a_shortcut():
    net = TabularResnet(blocks=2, width=4).build(table()).eval()
    x = torch.randn(6, 5)
    h = net.input_projection(x)
    for block in net.blocks:
        h = h + block.linear2(F.relu(block.linear1(block.normalization(h))))
    torch.testing.assert_close(net(x), net.output.linear(F.relu(net.output.normalization(h))))
    assert net.blocks[0].linear1.weight.shape == (8, 4)
