"""Edges left out (DropEdge: Rong, Huang, Xu and Huang 2020, arXiv:1907.10903)."""

from dataclasses import dataclass

import torch

from mixsuite.domains.augmentation import Augmentation
from mixsuite.models.ragged import RaggedGraphs


@dataclass(frozen=True)
class DropEdges(Augmentation):
    """Each edge is left out with a chance, both of its directions together; nodes stay.

    share: the chance (0.1 is our choice).
    """

    share: float = 0.1

    domains = ("graphs",)

    def __post_init__(self):
        if not 0 <= self.share < 1:
            raise ValueError(f"share={self.share}: allowed is from 0 to below 1")

    def augment(self, x, rng, seen):
        """Graphs (features [B, V, F], adjacency [B, V, V], mask [B, V, 1]), or ragged ones."""
        if isinstance(x, RaggedGraphs):
            return self._ragged(x, rng)
        features, adjacency, mask = x
        u = rng.uniform(*adjacency.shape, kind="drop_edges").triu()
        u = u + u.triu(1).transpose(1, 2)
        return features, adjacency * (u >= self.share), mask

    def _ragged(self, x, rng):
        both = torch.stack([x.edges.amin(0), x.edges.amax(0)])
        pairs, pair = both.unique(dim=1, return_inverse=True)
        kept = (rng.uniform(pairs.shape[1], kind="drop_edges") >= self.share)[pair]
        before = torch.cat([kept.new_zeros(1, dtype=torch.long), kept.cumsum(0)])
        return RaggedGraphs(x.x, x.edges[:, kept], x.nodes, before[x.ties])
