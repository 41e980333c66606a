"""A small convolutional net for images. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout


class ChannelsLast(nn.Module):
    """Put pictures into channels-last memory order, in which convolutions are fastest."""

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W], the same values."""
        return x.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Conv(Model):
    """Blocks of 3x3 convolution, BatchNorm and ReLU with 2x2 pools between them, mean over pixels, one Linear.

    width:  channels of the first block; each further block has twice as many.
    blocks: number of blocks.
    """

    width: PositiveInt = 16
    blocks: PositiveInt = 2
    dropout: Dropout = 0.0

    domains = ("images",)
    stackable = True

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, Tensor)
        widths = [data.train.x.shape[1], *(self.width * 2**i for i in range(self.blocks))]
        first, *rest = [_block(a, b) for a, b in pairwise(widths)]
        pooled = [layer for stage in rest for layer in (nn.MaxPool2d(2), stage)]
        stages = [
            nn.Sequential(ChannelsLast(), *first),
            nn.Sequential(*pooled, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            nn.Sequential(nn.Dropout(self.dropout), nn.Linear(widths[-1], data.classes)),
        ]
        return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})


def _block(fan_in: int, fan_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU())
