"""Pre-activation residual nets in their CIFAR forms. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.images.conv import ChannelsLast
from mixsuite.models.preact_block import PreactBlock


def residual_net(data: Data, widths: list[int], blocks: list[int], dropout: float) -> Staged:
    """3x3 stem of ``widths[0]`` channels, groups of blocks, norm, ReLU, mean over pixels, one Linear.

    Args:
        data: gives channels and classes.
        widths: channels of the stem, then of each group; the first group keeps the size, each further one halves it.
        blocks: number of blocks of each group.
        dropout: between the two convolutions of a block.
    """
    assert isinstance(data.train.x, Tensor)
    groups, fan_in = [], widths[0]
    for number, (width, count) in enumerate(zip(widths[1:], blocks, strict=True)):
        layers = []
        for block in range(count):
            layers.append(PreactBlock(fan_in, width, 2 if number and not block else 1, dropout))
            fan_in = width
        groups.append(nn.Sequential(*layers))
    stem = nn.Conv2d(data.train.x.shape[1], widths[0], 3, padding=1, bias=False)
    last = nn.Sequential(nn.BatchNorm2d(fan_in), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    stages = [
        nn.Sequential(ChannelsLast(), stem, groups[0]),
        nn.Sequential(*groups[1:], last),
        nn.Linear(fan_in, data.classes),
    ]
    return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})


@dataclass(frozen=True)
class PreactResnet(Model):
    """Pre-activation ResNet-18 for pictures of 32 pixels: a 3x3 stem, four groups of two blocks.

    With its defaults, three channels and ten classes it has 11,172,170 weights.

    width:   channels of the first group; each further group has twice as many.
    blocks:  blocks of a group; 2 makes ResNet-18.
    """

    width: PositiveInt = 64
    blocks: PositiveInt = 2
    dropout: Dropout = 0.0

    domains = ("images",)
    capturable = True
    reference = "He et al. 2016, arXiv:1603.05027; used for CIFAR-10 in mixup, arXiv:1710.09412"

    def build(self, data: Data) -> Staged:
        widths = [self.width, *(self.width * 2**i for i in range(4))]
        return residual_net(data, widths, [self.blocks] * 4, self.dropout)
