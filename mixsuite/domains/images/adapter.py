"""Encode images as [N, C, H, W], and list their augmentations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from mixsuite.data.rows import Raw
from mixsuite.data.state import State
from mixsuite.domains.base import Augment, Domain, Encoded
from mixsuite.errors import InputError, unknown


def _flip(x: Tensor, u: Tensor) -> Tensor:
    """Swap left and right in half of the rows [B, C, H, W], by u [B, 4]."""
    return torch.where((u[:, 0] < 0.5)[:, None, None, None], x.flip(-1), x)


def _crop(x: Tensor, u: Tensor) -> Tensor:
    """Shift rows [B, C, H, W] by up to an eighth of the height each way, by u [B, 4]; zeros move in."""
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


class ImagesAdapter(Domain):
    """Pictures, standardised per channel over the training part."""

    step_seconds = 2e-3
    block = 6

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode pictures [n, H, W] or [n, H, W, C] as [n, C, H, W] float32.

        Raises:
            InputError: the pictures have another shape.
        """
        x = np.asarray(raw.x)[rows]
        if x.dtype.kind not in "biuf":
            raise InputError(f"pictures must be numbers [n, H, W] or [n, H, W, C], all of one size, are {x.dtype}")
        if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] > 4):
            raise InputError(f"pictures must be [n, H, W] or [n, H, W, C] with up to 4 channels, are {list(x.shape)}")
        x = (x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)).astype(np.float32)
        mean = x[train].mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        std = x[train].std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        x = ((x - mean) / np.where(std > 0, std, 1)).astype(np.float32)
        return Encoded(torch.from_numpy(x))

    def augment(self, name: str) -> Augment | None:
        """The augmentation "none", "flip", "crop" or "crop+flip"; None for "none".

        Raises:
            InputError: there is no augmentation of this name.
        """
        if name not in _AUGMENT:
            raise unknown("augment", name, _AUGMENT)
        steps = _AUGMENT[name]

        def apply(x: State, u: Tensor) -> State:
            assert isinstance(x, Tensor)
            for step in steps:
                x = step(x, u)
            return x

        return apply if steps else None
