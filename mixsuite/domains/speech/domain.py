"""Speech: clips [N, C, T] with a validity mask [N, 1, T].

Sites: wave (for waves), input (cepstra or log-mel bands), hidden, embedding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mixsuite.domains.base import Mixable
from mixsuite.domains.speech.adapter import SpeechAdapter


class Speech(SpeechAdapter):
    """Clips of unequal length."""

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a clip [C, T] as bands over time, or a wave as a line; frames outside its mask [1, T] stay white."""
        x, mask = leaves[0], leaves[1][0]
        if len(x) == 1:
            axis.plot(np.where(mask > 0, x[0], np.nan), linewidth=0.4, color="black")
            axis.set_ylim(-1, 1)
            axis.set_xlim(0, len(mask))
            return
        bands = np.where(mask > 0, x, np.nan)
        axis.imshow(bands, cmap="magma", vmin=-2, vmax=2, aspect="auto", origin="lower", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Clips of twelve frames; every third clip has eight."""
        mask = torch.ones(rows, 1, 12)
        mask[::3, :, 8:] = 0
        shapes = {"input": 5, "hidden": 6}
        clips: dict[str, Mixable] = {
            site: (torch.randn(rows, channels, 12, generator=generator) * mask, mask)
            for site, channels in shapes.items()
        }
        return clips | {"embedding": torch.randn(rows, 8, generator=generator)}

    def inputs(self, rows: int, generator: torch.Generator) -> Mixable:
        """Clips of 64 frames of 40 bands; every third clip has 40 frames."""
        mask = torch.ones(rows, 1, 64)
        mask[::3, :, 40:] = 0
        return torch.randn(rows, 40, 64, generator=generator) * mask, mask

    def matches(self, x: Mixable) -> bool:
        """Whether x has the form [N, C, T], alone or in a pair with a mask."""
        leaf = x[0] if isinstance(x, tuple) and len(x) == 2 else x
        return isinstance(leaf, Tensor) and leaf.dim() == 3
