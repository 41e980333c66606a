"""Pictures moved by some pixels."""

from dataclasses import dataclass

import torch
from torch import nn

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class Crop(Augmentation):
    """Rows are moved by an eighth of the height at most, each way (4 of 32 pixels, as is usual for CIFAR)."""

    domains = ("images",)

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W]."""
        n, _, height, width = x.shape
        pad = max(1, height // 8)
        wide = nn.functional.pad(x, (pad, pad, pad, pad))
        down, across = (
            (rng.uniform(n, kind=kind) * (2 * pad + 1)).long()[:, None] + torch.arange(side, device=x.device)
            for kind, side in (("down", height), ("across", width))
        )
        row = torch.arange(n, device=x.device)[:, None, None]
        return wide.permute(0, 2, 3, 1)[row, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2)
