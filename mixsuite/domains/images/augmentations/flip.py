"""Pictures mirrored."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class Flip(Augmentation):
    """Left and right are swapped in half of the rows."""

    domains = ("images",)

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W]."""
        return torch.where((rng.uniform(len(x), kind="flip") < 0.5)[:, None, None, None], x.flip(-1), x)
