"""Images: pictures [N, C, H, W] and small convolutional nets. Sites: input, hidden, embedding."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Raw, Staged, State
from mixsuite.errors import InputError, unknown
from mixsuite.recipe import Recipe


class ChannelsLast(nn.Module):
    """Pictures in the memory order in which convolutions are fastest, however they were mixed before."""

    def forward(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=torch.channels_last)


def conv(data: Data, *, dropout: float, width: PositiveInt = 16, blocks: PositiveInt = 2) -> Staged:
    """``blocks`` blocks (3x3 convolution, BatchNorm, ReLU) with a 2x2 pool between, mean over pixels, one Linear.

    ``width`` channels in the first block, doubled in each further one.
    """
    assert isinstance(data.train.x, Tensor)
    widths = [data.train.x.shape[1], *(width * 2**i for i in range(blocks))]

    def block(fan_in: int, fan_out: int) -> nn.Sequential:
        convolution = nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())

    first, *rest = [block(a, b) for a, b in pairwise(widths)]
    pooled = [layer for one in rest for layer in (nn.MaxPool2d(2), one)]
    stages = [
        nn.Sequential(ChannelsLast(), *first),
        nn.Sequential(*pooled, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], data.classes)),
    ]
    return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})


def _flip(x: Tensor, u: Tensor) -> Tensor:
    """Left and right swapped in half of the rows."""
    return torch.where((u[:, 0] < 0.5)[:, None, None, None], x.flip(-1), x)


def _crop(x: Tensor, u: Tensor) -> Tensor:
    """Shifted by up to an eighth of the side each way, zeros moved in."""
    height, width = x.shape[-2:]
    pad = max(1, height // 8)
    wide = nn.functional.pad(x, (pad, pad, pad, pad))
    down = (u[:, 1] * (2 * pad + 1)).long()[:, None] + torch.arange(height, device=x.device)  # [B, H]
    across = (u[:, 2] * (2 * pad + 1)).long()[:, None] + torch.arange(width, device=x.device)
    row = torch.arange(len(x), device=x.device)[:, None, None]
    return wide.permute(0, 2, 3, 1)[row, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2)


_AUGMENT: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], ...]] = {
    "none": (),
    "flip": (_flip,),
    "crop": (_crop,),
    "crop+flip": (_crop, _flip),
}


class Images(Domain):
    """Pictures, standardised per channel by the training part."""

    step_seconds = 2e-3
    block = 6

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"conv": conv}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x [n, H, W] or [n, H, W, C] -> [n, C, H, W] float32."""
        x = np.asarray(raw.x)[rows]
        if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] > 4):
            raise InputError(f"pictures must be [n, H, W] or [n, H, W, C] with up to 4 channels, are {list(x.shape)}")
        x = (x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)).astype(np.float32)
        mean = x[train].mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        std = x[train].std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        x = ((x - mean) / np.where(std > 0, std, 1)).astype(np.float32)
        return Encoded(torch.from_numpy(x))

    def augment(self, recipe: Recipe) -> Callable[[State, Tensor], State] | None:
        if recipe.augment not in _AUGMENT:
            raise unknown("augment", recipe.augment, _AUGMENT)
        steps = _AUGMENT[recipe.augment]

        def apply(x: State, u: Tensor) -> State:
            assert isinstance(x, Tensor)
            for step in steps:
                x = step(x, u)
            return x

        return apply if steps else None
