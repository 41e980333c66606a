"""A row of a table as a strip: blue below the training mean, red above."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw_row(axis: Any, leaves: list[np.ndarray]) -> None:
    """leaves: one row [columns], standardised."""
    axis.imshow(leaves[0][None], cmap="RdBu_r", vmin=-2.5, vmax=2.5, aspect="auto", interpolation="nearest")
