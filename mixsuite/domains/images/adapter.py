"""Encode images as [N, C, H, W]."""

from __future__ import annotations

import numpy as np
import torch

from mixsuite.data.rows import Raw
from mixsuite.data.streamed import RowReader, Streamed
from mixsuite.domains.base import Domain, Encoded
from mixsuite.domains.images.pictures import Pictures, Standardised
from mixsuite.errors import InputError


class ImagesAdapter(Domain):
    """Pictures, standardised per channel over the training part."""

    step_seconds = 2e-3
    block = 6

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode pictures [n, H, W] or [n, H, W, C] as [n, C, H, W] float32.

        Raises:
            InputError: the pictures have another shape.
        """
        if isinstance(raw.x, Pictures):
            mean, std = (torch.as_tensor(v) for v in raw.x.mean_std(rows[train]))
            return Encoded(Streamed(raw.x, rows, Standardised(mean, torch.where(std > 0, std, 1))))
        if isinstance(raw.x, RowReader):
            raise InputError(
                "a RowReader of your own wants a domain of your own, whose encode() makes a Streamed of it"
            )
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
