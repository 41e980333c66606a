"""VGG-11 over the bands of a clip as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.front_end import as_picture

_POOLED = (True, True, False, True, False, True, False, True)


@dataclass(frozen=True)
class Vgg(Model):
    """VGG-11 with BatchNorm (Simonyan and Zisserman 2015, arXiv:1409.1556, configuration A), then two Linear layers.

    It treats the bands as a picture.

    width: channels of the first block; later blocks have up to eight times as many.
    bands: mel bands of the front end.
    """

    width: PositiveInt = 64
    bands: PositiveInt = 40
    dropout: Dropout = 0.0

    domains = ("speech",)
    stackable = True
    reference = "Simonyan and Zisserman 2015, arXiv:1409.1556"

    def build(self, data: Data) -> Staged:
        widths = [1, *(self.width * times for times in (1, 2, 4, 4, 8, 8, 8, 8))]
        blocks: list[nn.Module] = []
        for (fan_in, fan_out), pool in zip(pairwise(widths), _POOLED, strict=True):
            layers = [nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU()]
            blocks.append(nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else [])))

        def head(size: int) -> list[nn.Module]:
            last = 8 * self.width
            return [nn.Linear(size, last), nn.Dropout(self.dropout), nn.Linear(last, data.classes)]

        return as_picture(data, self.bands, blocks, head)
