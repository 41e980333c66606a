"""A domain of rows of patches [N, P, d], with the small network of feature-learning theory. Sites: input, hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from mixsuite.domains import Data, Domain, Encoded, Model, Raw, Staged
from mixsuite.errors import InputError


class Squares(nn.Module):
    """Sum squares over the patches and over each class's own filters: [N, P, classes * m] -> [N, classes]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, h: Tensor) -> Tensor:
        squares: Tensor = h.square().unflatten(-1, (self.classes, -1))
        return squares.sum((1, 3))


@dataclass(frozen=True)
class SquareCnn(Model):
    """Two layers, F_k(x) = sum over filters r and patches p of <w_kr, x_p>^2; only the filters are trained.

    filters: number of filters of each class.
    std:     standard deviation of their initial normal law.
    """

    filters: PositiveInt = 10
    std: Annotated[float, Field(gt=0)] = 0.01

    stackable = True

    def build(self, data: Data) -> Staged:
        assert isinstance(data.train.x, Tensor)
        first = nn.Linear(data.train.x.shape[2], data.classes * self.filters, bias=False)
        nn.init.normal_(first.weight, std=self.std)
        return Staged([first, Squares(data.classes)], {"input": 0, "hidden": 1})


class Patches(Domain):
    """Rows of patches, which are not standardised: theory sets their scale."""

    step_seconds = 5e-3
    strip = True

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Convert raw.x [n, P, d] to float32.

        Raises:
            InputError: raw.x has another shape.
        """
        x = np.asarray(raw.x)[rows]
        if x.ndim != 3:
            raise InputError(f"rows of patches must be [n, P, d], are {list(x.shape)}")
        return Encoded(torch.from_numpy(x.astype(np.float32)))

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a row as an image, one line per patch."""
        axis.imshow(leaves[0], cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Any]:
        """Draw normal rows of three patches: five numbers each at the input, six behind the filters."""
        shapes = {"input": (3, 5), "hidden": (3, 6)}
        return {site: torch.randn(rows, *shape, generator=generator) for site, shape in shapes.items()}
