"""A part of each picture, resized to the whole."""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from mixsuite.domains.augmentation import Augmentation


@dataclass(frozen=True)
class ResizedCrop(Augmentation):
    """A rectangle of a drawn share of the area and a drawn ratio of sides, resized to the picture's size (bilinear).

    It is cut from the picture as it is in memory, not from the file; a side that would be longer than the picture is
    the picture's (our choices).

    least: smallest share of the area.
    ratio: largest ratio of the sides, width to height or height to width.
    """

    least: float = 0.08
    ratio: float = 4 / 3

    domains = ("images",)
    reference = "Szegedy et al. 2015, arXiv:1409.4842"

    def __post_init__(self):
        if not 0 < self.least <= 1:
            raise ValueError(f"least={self.least}: allowed is a share above 0, up to 1")
        if not 1 <= self.ratio <= 100:
            raise ValueError(f"ratio={self.ratio}: allowed is 1 to 100")

    def augment(self, x, rng, seen):
        """Rows [B, C, H, W]."""
        area, ratio, down, across = (
            rng.uniform(len(x), kind=f"resized {what}") for what in ("area", "ratio", "y", "x")
        )
        side = (self.least + (1 - self.least) * area).sqrt()
        stretch = ((2 * ratio - 1) * math.log(self.ratio) / 2).exp()  # log-uniform; its square is the ratio
        width, height = (side * stretch).clamp(max=1), (side / stretch).clamp(max=1)
        zero = torch.zeros_like(width)
        left, top = (2 * across - 1) * (1 - width), (2 * down - 1) * (1 - height)
        grid = torch.stack([torch.stack([width, zero, left], 1), torch.stack([zero, height, top], 1)], 1)
        places = F.affine_grid(grid.to(x.dtype), list(x.shape), align_corners=False)
        return F.grid_sample(x, places, mode="bilinear", padding_mode="border", align_corners=False)
