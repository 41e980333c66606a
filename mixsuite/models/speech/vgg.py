"""VGG-11 over the bands of a clip as a picture."""

from __future__ import annotations

from itertools import pairwise

from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Staged
from mixsuite.models.speech.front_end import _as_picture


def vgg(data: Data, *, dropout: float, width: PositiveInt = 64, bands: PositiveInt = 40) -> Staged:
    """VGG-11 with BatchNorm (Simonyan and Zisserman 2015, arXiv:1409.1556, configuration A), then two Linear layers.

    It treats the bands as a picture. The first block has ``width`` channels, later blocks up to eight times as many.
    """
    widths = [1, *(width * times for times in (1, 2, 4, 4, 8, 8, 8, 8))]
    pooled = (True, True, False, True, False, True, False, True)
    blocks: list[nn.Module] = []
    for (fan_in, fan_out), pool in zip(pairwise(widths), pooled, strict=True):
        layers = [nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU()]
        blocks.append(nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else [])))

    def head(size: int) -> list[nn.Module]:
        return [nn.Linear(size, 8 * width), nn.Dropout(dropout), nn.Linear(8 * width, data.classes)]

    return _as_picture(data, bands, blocks, head)
