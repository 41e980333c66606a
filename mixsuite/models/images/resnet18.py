"""ResNet-18 in its form for small pictures, of torchvision's blocks. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.images.conv import ChannelsLast


@dataclass(frozen=True)
class Resnet18(Model):
    """ResNet-18 with a 3x3 stem and without the first pooling, for pictures of 32 pixels; torchvision's blocks.

    The norm stands behind each convolution, unlike in ``preact_resnet``. With its defaults, three channels and ten
    classes it has 11,173,962 weights. ``hidden`` is behind the first of the four groups. The stem is the form that
    public code for CIFAR gives it. Convolutions begin with He et al.'s normal law, as torchvision has it.

    width:   channels of the first group; each further group has twice as many.
    dropout: before the last layer; our addition.
    """

    width: PositiveInt = 64
    dropout: Dropout = 0.0

    domains = ("images",)
    capturable = True
    requires = ("torchvision",)
    reference = "He et al. 2016, arXiv:1512.03385"

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, Tensor)
        groups, fan_in = [], self.width
        for number in range(4):
            fan_out, stride = self.width * 2**number, 2 if number else 1
            groups.append(nn.Sequential(_block(fan_in, fan_out, stride), _block(fan_out, fan_out, 1)))
            fan_in = fan_out
        stem = [nn.Conv2d(data.train.x.shape[1], self.width, 3, padding=1, bias=False), nn.BatchNorm2d(self.width)]
        stages = [
            nn.Sequential(ChannelsLast(), *stem, nn.ReLU(), groups[0]),
            nn.Sequential(*groups[1:], nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            nn.Sequential(nn.Dropout(self.dropout), nn.Linear(fan_in, data.classes)),
        ]
        net = Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return net


def _block(fan_in: int, fan_out: int, stride: int) -> Any:
    """torchvision's block [N, C, H, W] -> [N, D, H / stride, W / stride]; a 1x1 shortcut where the shape changes."""
    from torchvision.models.resnet import BasicBlock

    shortcut = None
    if stride > 1 or fan_in != fan_out:
        shortcut = nn.Sequential(nn.Conv2d(fan_in, fan_out, 1, stride, bias=False), nn.BatchNorm2d(fan_out))
    return BasicBlock(fan_in, fan_out, stride, shortcut)
