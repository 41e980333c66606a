"""A clip as bands over time, or a wave as a line; frames in no clip are left white."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_row(axis: Any, leaves: list[np.ndarray]) -> None:
    """leaves: features [C, T] and validity [1, T]."""
    x, mask = leaves[0], leaves[1][0]
    if len(x) == 1:
        axis.plot(np.where(mask > 0, x[0], np.nan), linewidth=0.4, color="black")
        axis.set_ylim(-1, 1)
        axis.set_xlim(0, len(mask))
        return
    seen = np.where(mask > 0, x, np.nan)
    axis.imshow(seen, cmap="magma", vmin=-2, vmax=2, aspect="auto", origin="lower", interpolation="nearest")
