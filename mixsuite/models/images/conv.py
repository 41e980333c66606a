"""A small convolutional net for images. Sites: input, hidden, embedding."""

from __future__ import annotations

from itertools import pairwise

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Staged


class ChannelsLast(nn.Module):
    """Put pictures into channels-last memory order, in which convolutions are fastest."""

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W], the same values."""
        return x.contiguous(memory_format=torch.channels_last)


def conv(data: Data, *, dropout: float, width: PositiveInt = 16, blocks: PositiveInt = 2) -> Staged:
    """``blocks`` blocks (3x3 convolution, BatchNorm, ReLU) with 2x2 pools between them, mean over pixels, one Linear.

    The first block has ``width`` channels, and each further block twice as many.
    """
    assert isinstance(data.train.x, Tensor)
    widths = [data.train.x.shape[1], *(width * 2**i for i in range(blocks))]

    def block(fan_in: int, fan_out: int) -> nn.Sequential:
        convolution = nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())

    first, *rest = [block(a, b) for a, b in pairwise(widths)]
    pooled = [layer for stage in rest for layer in (nn.MaxPool2d(2), stage)]
    stages = [
        nn.Sequential(ChannelsLast(), *first),
        nn.Sequential(*pooled, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], data.classes)),
    ]
    return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})
