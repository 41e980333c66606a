"""Pre-activation residual nets: their sizes as published."""

import torch

from mixsuite.data.rows import Data, Subset
from mixsuite.models.base import site_shapes
from mixsuite.models.images.preact_resnet import PreactResnet


def pictures(classes=10, size=32):
    part = Subset(torch.zeros(2, 3, size, size), torch.zeros(2, dtype=torch.int64))
    return Data(part, part, part, "class", classes)


def test_it_has_as_many_weights_as_its_docstring_says():
    net = PreactResnet().build(pictures())
    assert sum(weight.numel() for weight in net.parameters()) == 11_172_170
    shapes = site_shapes(net, torch.zeros(1, 3, 32, 32))
    assert shapes == {"input": (3, 32, 32), "hidden": (64, 32, 32), "embedding": (512,)}
