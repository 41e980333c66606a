"""A small net that trains fast on CIFAR. Sites: input, hidden, embedding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional as F

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.images.conv import ChannelsLast

_PICTURES = 5_000  # first training pictures that the patches are taken from
_EPS = 5e-4  # added to the patches' variances


class Whitening(nn.Module):
    """A 2x2 convolution with fixed weights that whitens the training pictures' patches, and a trained bias.

    The weights are the eigenvectors of the patches' covariance, each divided by the root of its variance, and the same
    with the other sign: 8 C filters for C channels.

    pictures: training pictures [n, C, H, W].
    """

    weight: Tensor

    def __init__(self, pictures: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", whitening_filters(pictures[:_PICTURES]))
        self.bias = nn.Parameter(torch.zeros(len(self.weight)))

    def reset_parameters(self) -> None:
        """Set the bias back to zero; the filters come from the data."""
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 8 C, H - 1, W - 1]."""
        return F.conv2d(x, self.weight, self.bias)


def whitening_filters(pictures: Tensor) -> Tensor:
    """Filters [8 C, C, 2, 2] whose answers to the patches of pictures [n, C, H, W] have variance 1 and no correlation.

    The covariance is about zero, as pictures are standardised. Float32, computed on the host in float64.
    """
    channels = pictures.shape[1]
    sums = torch.zeros(4 * channels, 4 * channels, dtype=torch.float64)
    count = 0
    for chunk in pictures.cpu().split(500):
        patches = F.unfold(chunk.double(), 2)  # [n, 4 C, places]
        sums += torch.einsum("nip,njp->ij", patches, patches)
        count += len(chunk) * patches.shape[2]
    variances, vectors = torch.linalg.eigh(sums / count)
    filters = (vectors / (variances + _EPS).sqrt()).T.reshape(-1, channels, 2, 2)
    return torch.cat([filters, -filters]).float()


class Norm(nn.Module):
    """BatchNorm with a trained bias and without a trained scale."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4, affine=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def reset_parameters(self) -> None:
        """Set the bias back to zero."""
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W], the same shape."""
        out: Tensor = self.norm(x) + self.bias[:, None, None]
        return out


class Pool(nn.Module):
    """The largest value of each window; a side that is shorter than the window has one window. Sides may be uneven."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, max(H // side, 1), max(W // side, 1)]."""
        return F.max_pool2d(x, (min(self.side, x.shape[2]), min(self.side, x.shape[3])))


class Scale(nn.Module):
    """Outputs times a fixed number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """[N, outputs], the same shape."""
        return x * self.factor


def _convolution(fan_in: int, fan_out: int) -> nn.Conv2d:
    """A 3x3 convolution whose first filters pass their channel on, and whose others are drawn."""
    layer = nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False)
    nn.init.dirac_(layer.weight.data[:fan_in])
    return layer


def _group(fan_in: int, fan_out: int) -> nn.Sequential:
    """3x3 convolution, pool, norm, GELU, 3x3 convolution, norm, GELU."""
    first, second = _convolution(fan_in, fan_out), _convolution(fan_out, fan_out)
    return nn.Sequential(first, Pool(2), Norm(fan_out), nn.GELU(), second, Norm(fan_out), nn.GELU())


@dataclass(frozen=True)
class Airbench(Model):
    """The net of airbench94: whitened patches, three groups of two 3x3 convolutions with GELU, a pool, a scaled Linear.

    With its defaults, three channels, 32 pixels and ten classes it trains 1,971,352 weights, the paper's 1.97 million.
    Only the net is here: the paper's optimiser, its flips and its averaging of passes belong to recipes.

    Sourced: whitening by the first training pictures' patches, the groups' widths, convolutions that begin as the
    identity, and the head's scale. Our reading, where we are not certain: eps and momentum of the norms (1e-12, 0.4)
    and the whitening's eps (5e-4). Ours: the whitening's bias is trained to the end (the paper stops early), and
    pictures of other sizes, for which a pool is no wider than the picture and the last one covers what is left.

    width: channels of the first group; the two further ones have four times as many.
    scale: factor of the outputs.
    """

    width: PositiveInt = 64
    scale: PositiveFloat = 1 / 9

    domains = ("images",)
    capturable = True
    reference = "Jordan 2024, arXiv:2404.00498"

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, Tensor)
        first = Whitening(data.train.x)
        wide = 4 * self.width
        stages = [
            nn.Sequential(ChannelsLast(), first, nn.GELU(), _group(len(first.weight), self.width)),
            nn.Sequential(_group(self.width, wide), _group(wide, wide), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
            nn.Sequential(nn.Linear(wide, data.classes, bias=False), Scale(self.scale)),
        ]
        return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})
