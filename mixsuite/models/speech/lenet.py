"""LeNet over the bands of a clip as a picture."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.front_end import as_picture


@dataclass(frozen=True)
class Lenet(Model):
    """LeNet: two 5x5 convolutions without a norm, each pooled by 2 before its ReLU, then two Linear layers.

    It treats the bands as a picture. Zhang et al. 2018, section 3.3, give its name only; the layers are those that such
    nets commonly have.

    channels: of each convolution.
    units:    of the first Linear.
    bands:    mel bands of the front end.
    """

    channels: PositiveInt = 20
    units: PositiveInt = 1000
    bands: PositiveInt = 40
    dropout: Dropout = 0.0

    domains = ("speech",)
    stackable = True
    reference = "named in mixup, arXiv:1710.09412, section 3.3"

    def build(self, data: Data) -> Staged:
        def head(size: int) -> list[nn.Module]:
            first = nn.Sequential(nn.Linear(size, self.units), nn.ReLU())
            return [first, nn.Dropout(self.dropout), nn.Linear(self.units, data.classes)]

        return as_picture(data, self.bands, [_block(1, self.channels), _block(self.channels, self.channels)], head)


def _block(fan_in: int, fan_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 5), nn.MaxPool2d(2), nn.ReLU())
