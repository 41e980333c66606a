"""Made-up pictures as data."""

import torch

from mixsuite.data.rows import Data, Subset


def pictures(channels=3, size=32, rows=4, classes=10):
    """Pictures of noise, whose pixels go with their neighbours."""
    noise = torch.randn(rows, channels, size, size, generator=torch.Generator().manual_seed(0))
    smooth = noise + noise.roll(1, 2) + noise.roll(1, 3) + 0.5 * noise.roll(1, 1)
    part = Subset(smooth, torch.arange(rows) % classes)
    return Data(part, part, part, "class", classes)
