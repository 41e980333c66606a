"""Convolutions over time. Sites: wave (for waves), input, hidden, embedding."""

from __future__ import annotations

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Staged
from mixsuite.models.masked import MaskedBatchNorm, masked_mean, valid
from mixsuite.models.speech.front_end import Clip, LogMel


class Block(nn.Module):
    """Convolution over time, masked BatchNorm, ReLU. A stride of s keeps every s-th frame."""

    def __init__(self, fan_in: int, fan_out: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv1d(fan_in, fan_out, size, stride, size // 2, bias=False)
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
        return masked_mean(*clip, axis=2)


def conv1d(
    data: Data, *, dropout: float, width: PositiveInt = 32, stride: PositiveInt = 1, bands: PositiveInt = 40
) -> Staged:
    """Two blocks over time (sizes 5 and 3, ``width`` and 2 * ``width`` channels), mean over time, one Linear.

    Waves first pass a log-mel front end of ``bands`` bands. The first block has the ``stride``.
    """
    assert isinstance(data.train.x, tuple)
    clip = (data.train.x[0], data.train.x[1])
    front = [LogMel(data.rate, bands, clip)] if data.rate else []
    channels = bands if data.rate else clip[0].shape[1]
    stages = [
        *front,
        Block(channels, width, 5, stride),
        nn.Sequential(Block(width, 2 * width, 3), MeanOverTime()),
        nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, data.classes)),
    ]
    k = len(front)
    sites = ({"wave": 0} if front else {}) | {"input": k, "hidden": k + 1, "embedding": k + 2}
    return Staged(stages, sites, num_fixed_stages=k)
