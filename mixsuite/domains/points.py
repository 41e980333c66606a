"""Points with noise beside them [N, 2 + 2], and a generative adversarial network. Sites: input; hidden, where the noise
has become a generated point.

A row is a real point and the noise of a generated one, so that both players see one batch.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Raw, Staged, State
from mixsuite.errors import InputError, unknown
from mixsuite.recipe import Recipe


class Generate(nn.Module):
    """(point, noise) to (point, generated point). [N, 4] -> [N, 4]"""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, h: Tensor) -> Tensor:
        return torch.cat([h[:, :2], self.net(h[:, 2:])], 1)


class Discriminate(nn.Module):
    """The logit of a point's being real: of the first two columns, whatever stands beside. [N, >= 2] -> [N, 1]"""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, h: Tensor) -> Tensor:
        out: Tensor = self.net(h[:, :2])
        return out


def _mlp(fan_out: int, width: int, depth: int, dropout: float) -> nn.Sequential:
    sizes = [2, *[width] * depth]
    hidden = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout))]
    return nn.Sequential(*hidden, nn.Linear(width, fan_out))


def gan(data: Data, *, dropout: float, width: PositiveInt = 512, depth: PositiveInt = 3) -> Staged:
    """Generator and discriminator: ``depth`` hidden layers of ``width`` ReLU each (Zhang et al. 2018, section 3.7)."""
    nets = _mlp(2, width, depth, dropout), _mlp(data.classes, width, depth, dropout)
    return Staged([Generate(nets[0]), Discriminate(nets[1])], {"input": 0, "hidden": 1})


def _fresh_noise(x: State, u: Tensor) -> State:
    """The noise drawn anew, normal."""
    assert isinstance(x, Tensor)
    return torch.cat([x[:, :2], torch.special.ndtri(u[:, :2].clamp(min=2.0**-24)).to(x.dtype)], 1)


class Points(Domain):
    """Points and noise, as they are."""

    step_seconds = 3e-3

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"gan": gan}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x [n, 4] -> the same, float32."""
        x = np.asarray(raw.x)[rows]
        if x.ndim != 2 or x.shape[1] != 4:
            raise InputError(f"points with noise must be [n, 4], are {list(x.shape)}")
        return Encoded(torch.from_numpy(x.astype(np.float32)))

    def augment(self, recipe: Recipe) -> Callable[[State, Tensor], State] | None:
        if recipe.augment not in ("none", "noise"):
            raise unknown("augment", recipe.augment, ("none", "noise"))
        return _fresh_noise if recipe.augment == "noise" else None
