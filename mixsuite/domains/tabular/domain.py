"""Tables: standardised numbers and one-hot categories [N, columns]. Sites: input, hidden, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mixsuite.domains.base import Mixable
from mixsuite.domains.tabular.adapter import TabularAdapter


class Tabular(TabularAdapter):
    """Rows of a table."""

    strip = True
    sample_targets = ("class", "regression")
    sample_groups = (0, 1, 2, 2, 2, 3)

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a row [columns] as a strip: blue below the training mean, red above."""
        axis.imshow(leaves[0][None], cmap="RdBu_r", vmin=-2.5, vmax=2.5, aspect="auto", interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Random rows of three numbers, with a category of three values in their midst."""

        def normal(columns: int) -> Tensor:
            return torch.randn(rows, columns, generator=generator)

        category = F.one_hot(torch.randint(3, (rows,), generator=generator), 3).float()
        return {"input": torch.cat([normal(2), category, normal(1)], 1), "hidden": normal(8), "embedding": normal(8)}

    def matches(self, x: Mixable) -> bool:
        """Whether x has the form [N, columns]."""
        return isinstance(x, Tensor) and x.dim() == 2
