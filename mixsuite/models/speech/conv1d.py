"""Convolutions over time. Sites: wave (for waves), input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.front_end import Clip, LogMel
from mixsuite.models.line_conv import LineConv
from mixsuite.models.masked import MaskedBatchNorm, masked_mean, valid


class Block(nn.Module):
    """Convolution over time, masked BatchNorm, ReLU. A stride of s keeps every s-th frame."""

    def __init__(self, fan_in: int, fan_out: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = LineConv(fan_in, fan_out, size, stride, size // 2, bias=False)
        self.norm = MaskedBatchNorm(fan_out, axis=1)

    def forward(self, clip: Clip) -> Clip:
        """(clip [N, C, T], mask [N, 1, T]) -> (clip [N, D, T'], mask [N, 1, T'])."""
        x, mask = clip
        mask = mask[:, :, :: self.stride]
        return valid(torch.relu(self.norm(self.conv(x), mask)), mask), mask


class MeanOverTime(nn.Module):
    """The mean over the valid frames."""

    def forward(self, clip: Clip) -> Tensor:
        """(clip [N, C, T], mask [N, 1, T]) -> [N, C]."""
        x, mask = clip
        return masked_mean(x.mT, mask.mT, axis=1)  # so its gradient is in memory frame by frame, too


@dataclass(frozen=True)
class Conv1d(Model):
    """Two blocks over time (sizes 5 and 3), mean over time, one Linear. Waves first pass a log-mel front end.

    width:  channels of the first block; the second has twice as many.
    stride: of the first block.
    bands:  mel bands of the front end.
    """

    width: PositiveInt = 32
    stride: PositiveInt = 1
    bands: PositiveInt = 40
    dropout: Dropout = 0.0

    domains = ("speech",)
    stackable = True

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, tuple)
        clip = (data.train.x[0], data.train.x[1])
        front = [LogMel(data.rate, self.bands, clip)] if data.rate else []
        channels = self.bands if data.rate else clip[0].shape[1]
        stages = [
            *front,
            Block(channels, self.width, 5, self.stride),
            nn.Sequential(Block(self.width, 2 * self.width, 3), MeanOverTime()),
            nn.Sequential(nn.Dropout(self.dropout), nn.Linear(2 * self.width, data.classes)),
        ]
        k = len(front)
        sites = ({"wave": 0} if front else {}) | {"input": k, "hidden": k + 1, "embedding": k + 2}
        return Staged(stages, sites, num_fixed_stages=k)
