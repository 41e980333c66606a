"""A domain of points and noise ([N, 2], [N, 2]), with a generative adversarial network. Sites: input, hidden.

A row is a real point and the noise of a generated one, so both players see one batch. At the site hidden the noise has
become a generated point.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains import Data, Domain, Encoded, Model, Raw, Staged
from mixsuite.errors import InputError

Pair = tuple[Tensor, Tensor]


class Generate(nn.Module):
    """Turn (point, noise) into (point, generated point), each [N, 2]."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pair: Pair) -> Pair:
        return pair[0], self.net(pair[1])


class Discriminate(nn.Module):
    """Compute the logit that the first point of a pair is real, whatever stands beside it: [N, 2] -> [N, 1]."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pair: Pair) -> Tensor:
        out: Tensor = self.net(pair[0])
        return out


def _mlp(fan_out: int, width: int, depth: int, dropout: float) -> nn.Sequential:
    sizes = [2, *[width] * depth]
    hidden = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout))]
    return nn.Sequential(*hidden, nn.Linear(width, fan_out))


@dataclass(frozen=True)
class Players(Model):
    """Generator and discriminator with ``depth`` hidden layers of ``width`` ReLU units (Zhang et al. 2018)."""

    width: PositiveInt = 512
    depth: PositiveInt = 3
    dropout: float = 0.0

    stackable = True

    def build(self, data: Data) -> Staged:
        nets = [_mlp(fan_out, self.width, self.depth, self.dropout) for fan_out in (2, data.classes)]
        return Staged([Generate(nets[0]), Discriminate(nets[1])], {"input": 0, "hidden": 1})


class Points(Domain):
    """Points and noise, which are not standardised."""

    step_seconds = 3e-3

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Split raw.x [n, 4] into points [n, 2] and noise [n, 2], float32.

        Raises:
            InputError: raw.x has another shape.
        """
        x = np.asarray(raw.x)[rows]
        if x.ndim != 2 or x.shape[1] != 4:
            raise InputError(f"points with noise must be [n, 4], are {list(x.shape)}")
        values = torch.from_numpy(x.astype(np.float32))
        return Encoded((values[:, :2], values[:, 2:]))

    sample_targets = ("multilabel",)

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a real point as a dot and the noise beside it as a cross."""
        axis.plot(*leaves[0], "o", color="black")
        axis.plot(*leaves[1], "x", color="0.6")
        axis.set_xlim(-3, 3)
        axis.set_ylim(-3, 3)

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Any]:
        """Draw normal pairs of points for both sites."""
        return {
            site: tuple(torch.randn(rows, 2, generator=generator) for _ in range(2)) for site in ("input", "hidden")
        }
