"""A padded graph as its adjacency matrix, as many nodes as are valid to any degree."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_row(axis: Any, leaves: list[np.ndarray]) -> None:
    """leaves: features [V, F], adjacency [V, V], node mask [V, 1]."""
    nodes = max(1, int((leaves[2][:, 0] > 0).sum()))
    axis.imshow(leaves[1][:nodes, :nodes], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
