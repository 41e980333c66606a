"""Wide residual nets, WRN-depth-widen. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import PositiveInt

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.images.preact_resnet import residual_net


@dataclass(frozen=True)
class WideResnet(Model):
    """WideResNet for pictures of 32 pixels: a stem of 16 channels, three groups of pre-activation blocks.

    WRN-28-10 with three channels and ten classes has 36,479,194 weights.

    depth: number of convolutions along a path, 6 n + 4 with n blocks a group: 10, 16, 22, 28, 40.
    widen: factor of the channels 16, 32, 64 of the groups.
    """

    depth: PositiveInt = 28
    widen: PositiveInt = 10
    dropout: Dropout = 0.0

    domains = ("images",)
    capturable = True
    reference = "Zagoruyko and Komodakis 2016, arXiv:1605.07146; used for CIFAR-10 in mixup, arXiv:1710.09412"

    def __post_init__(self) -> None:
        if self.depth < 10 or self.depth % 6 != 4:
            raise ValueError(f"depth={self.depth}: allowed is 6 n + 4, as in 10, 16, 22, 28, 40")

    def build(self, data: Data) -> Staged:
        widths = [16, *(width * self.widen for width in (16, 32, 64))]
        return residual_net(data, widths, [(self.depth - 4) // 6] * 3, self.dropout)
