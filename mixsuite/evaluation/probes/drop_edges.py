"""Graphs with missing edges."""

from dataclasses import dataclass

import torch

from mixsuite.evaluation.base import Probe
from mixsuite.mixing import require
from mixsuite.models.ragged import RaggedGraphs


@dataclass(frozen=True)
class DropEdges(Probe):
    """Edges are removed at random, each in both directions; nodes stay.

    share: probability that an edge is removed.
    """

    share: float = 0.1

    domains = ("graphs",)

    def __post_init__(self):
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")

    def disturb(self, x, rows):
        if isinstance(x, RaggedGraphs):
            return self._ragged(x, rows.rng)
        nodes, adjacency, mask = x
        u = rows.rng.uniform(*adjacency.shape, kind="probe edges").triu()
        keep = (u + u.triu(1).transpose(1, 2)) >= self.share
        return nodes, adjacency * keep, mask

    def _ragged(self, x, rng):
        one, other = x.edges.min(0).values, x.edges.max(0).values
        _, pair = torch.unique(one * len(x.x) + other, return_inverse=True)
        keep = rng.uniform(int(pair.max()) + 1 if len(pair) else 1, kind="probe edges")[pair] >= self.share
        kept_before = torch.cat([keep.new_zeros(1, dtype=torch.int64), keep.long().cumsum(0)])
        return RaggedGraphs(x.x, x.edges[:, keep], x.nodes, kept_before[x.ties])
