"""LeNet over the bands of a clip as a picture."""

from __future__ import annotations

from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Staged
from mixsuite.models.speech.front_end import _as_picture


def lenet(
    data: Data, *, dropout: float, channels: PositiveInt = 20, units: PositiveInt = 1000, bands: PositiveInt = 40
) -> Staged:
    """LeNet: two 5x5 convolutions without a norm, each pooled by 2 before its ReLU, then two Linear layers.

    It treats the bands as a picture. Zhang et al. 2018, section 3.3, give its name only; the layers are those that such
    nets commonly have.
    """

    def block(fan_in: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(fan_in, channels, 5), nn.MaxPool2d(2), nn.ReLU())

    def head(size: int) -> list[nn.Module]:
        return [nn.Sequential(nn.Linear(size, units), nn.ReLU()), nn.Dropout(dropout), nn.Linear(units, data.classes)]

    return _as_picture(data, bands, [block(1), block(channels)], head)
