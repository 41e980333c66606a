"""Images: pictures [N, C, H, W]. Sites: input, hidden, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixsuite.domains.base import Mixable
from mixsuite.domains.images.adapter import ImagesAdapter


class Images(ImagesAdapter):
    """Pictures, standardised per channel over the training part."""

    sample_targets = ("class", "soft", "multilabel")

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a picture [C, H, W], grey or in colour, with its values stretched to the full range."""
        x = leaves[0].transpose(1, 2, 0)
        low, high = x.min(), x.max()
        x = (x - low) / (high - low if high > low else 1)
        if x.shape[2] == 3:
            axis.imshow(x, interpolation="nearest")
        else:
            axis.imshow(x.mean(2), cmap="gray", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Small pictures of noise."""
        shapes = {"input": (3, 8, 8), "hidden": (4, 8, 8), "embedding": (8,)}
        return {site: torch.randn(rows, *shape, generator=generator) for site, shape in shapes.items()}

    def inputs(self, rows: int, generator: torch.Generator) -> Mixable:
        """Pictures of noise, of the size of CIFAR's."""
        return torch.randn(rows, 3, 32, 32, generator=generator)

    def matches(self, x: Mixable) -> bool:
        """Whether x has the form [N, C, H, W]."""
        return isinstance(x, Tensor) and x.dim() == 4
