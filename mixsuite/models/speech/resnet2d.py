"""A residual net over the bands of a clip as a picture. Sites: wave (of waves), input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.front_end import as_picture
from mixsuite.models.preact_block import PreactBlock


@dataclass(frozen=True)
class Resnet2d(Model):
    """Pre-activation residual net over log-mel bands as a picture: a 3x3 stem, four groups of blocks, mean, one Linear.

    The blocks are He et al.'s. Each group but the first halves bands and frames. The mean is over all places, padding
    included, as in ``vgg``; this, the widths and the use on bands are our choice. With its defaults and 10 classes it
    has 2,796,138 weights, for clips of any length.

    width:   channels of the first group; each further group has twice as many.
    blocks:  blocks of a group.
    bands:   mel bands of the front end.
    dropout: between the two convolutions of a block.
    """

    width: PositiveInt = 32
    blocks: PositiveInt = 2
    bands: PositiveInt = 40
    dropout: Dropout = 0.0

    domains = ("speech",)
    stackable = True
    reference = "He et al. 2016, arXiv:1603.05027"

    def build(self, data: Data) -> Staged:
        groups, fan_in = [], self.width
        for number in range(4):
            fan_out, first = self.width * 2**number, 2 if number else 1
            strides = [first, *[1] * (self.blocks - 1)]
            layers = []
            for stride in strides:
                layers.append(PreactBlock(fan_in, fan_out, stride, self.dropout))
                fan_in = fan_out
            groups.append(nn.Sequential(*layers))
        stem = nn.Conv2d(1, self.width, 3, padding=1, bias=False)
        last = [nn.BatchNorm2d(fan_in), nn.ReLU(), nn.AdaptiveAvgPool2d(1)]
        convolutions = [nn.Sequential(stem, groups[0]), *groups[1:], *last]
        return as_picture(data, self.bands, convolutions, lambda size: [nn.Identity(), nn.Linear(size, data.classes)])
