"""Graphs: whole-graph prediction.

Graphs of ordinary size (at most 128 nodes in the data set) are padded and dense: features [N, V, F], adjacency
[N, V, V], node mask [N, V, 1]. Their sites are input, hidden and embedding. mixup at the input is ifMixup with the
nodes in the files' order: features, adjacency and mask are mixed alike. Norms and readout count each node by its mask.
Larger graphs stay ragged: they are indexed, never collated, and can be mixed at the embedding only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mixsuite.domains.base import Mixable
from mixsuite.domains.graphs.adapter import GraphsAdapter


class Graphs(GraphsAdapter):
    """Graphs with node features."""

    def draw_row(self, axis: Any, leaves: list[np.ndarray]) -> None:
        """Draw a padded graph (features [V, F], adjacency [V, V], mask [V, 1]) as the adjacency of its valid nodes."""
        nodes = max(1, int((leaves[2][:, 0] > 0).sum()))
        axis.imshow(leaves[1][:nodes, :nodes], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")

    def samples(self, rows: int, generator: torch.Generator) -> dict[str, Mixable]:
        """Random graphs of seven nodes; every third graph has five."""
        mask = torch.ones(rows, 7, 1)
        mask[::3, 5:] = 0
        upper = (torch.rand(rows, 7, 7, generator=generator) < 0.5).float().triu(1) * mask * mask.transpose(1, 2)
        adjacency = upper + upper.transpose(1, 2)
        graphs: dict[str, Mixable] = {
            site: (torch.randn(rows, 7, features, generator=generator) * mask, adjacency, mask)
            for site, features in {"input": 4, "hidden": 6}.items()
        }
        return graphs | {"embedding": torch.randn(rows, 8, generator=generator)}

    def matches(self, x: Mixable) -> bool:
        """Whether x is a triple, as of features, adjacency and mask."""
        return isinstance(x, tuple) and len(x) == 3
