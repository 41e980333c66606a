"""Standardised pictures as pixels of 0 to 255, for transforms of torchvision that are made for such."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.errors import InputError


class Range(NamedTuple):
    """The least and the largest value of each channel, [C, 1, 1] each: they become 0 and 255."""

    low: Tensor
    high: Tensor

    @classmethod
    def of(cls, data: Data) -> Range:
        """The range of the training part.

        Raises:
            InputError: its pictures are neither grey nor in three colours.
        """
        x = data.train.x
        assert isinstance(x, Tensor)
        if x.dim() != 4 or x.shape[1] not in (1, 3):
            raise InputError(f"its transforms are for pictures of 1 or 3 channels; these rows are {list(x.shape[1:])}")
        low, high = x.amin((0, 2, 3)), x.amax((0, 2, 3))
        return cls(low[:, None, None].cpu(), high.where(high > low, low + 1)[:, None, None].cpu())


def each_row(transform: Callable[[Tensor], Tensor], x: Tensor, u: Tensor, seen: Range) -> Tensor:
    """Transform each row by itself, with torch's generator set by the row's own draw and put back after.

    Args:
        transform: from uint8 [C, H, W] to the same.
        x: [B, C, H, W], standardised.
        u: [B] uniform.
        seen: of the training part.

    Returns:
        [B, C, H, W], rounded to 256 values a channel.
    """
    low, high = (bound.double() for bound in seen)
    pixels = ((x.cpu().double() - low) / (high - low) * 255).round().clamp(0, 255).to(torch.uint8)
    with torch.random.fork_rng(devices=[]):
        rows = []
        for row, number in zip(pixels, u.double().mul(2**32).long().tolist(), strict=True):
            torch.manual_seed(number)  # whose generator on the CPU looks at 32 bits
            rows.append(transform(row))
    changed = torch.stack(rows).double() / 255 * (high - low) + low
    return changed.to(x.device, x.dtype)
