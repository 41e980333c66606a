"""A picture as it is, its own range of values stretched to black and white."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_row(axis: Any, leaves: list[np.ndarray]) -> None:
    """leaves: one picture [C, H, W], grey or in colours."""
    x = leaves[0].transpose(1, 2, 0)
    low, high = x.min(), x.max()
    x = (x - low) / (high - low if high > low else 1)
    if x.shape[2] == 3:
        axis.imshow(x, interpolation="nearest")
    else:
        axis.imshow(x.mean(2), cmap="gray", interpolation="nearest")
