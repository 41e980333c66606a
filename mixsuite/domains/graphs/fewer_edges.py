"""Edges left out at random, for an augmentation and for a probe."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.data.state import State
from mixsuite.mixing.rng import Rng
from mixsuite.models.ragged import RaggedGraphs


def without_edges(x: State, share: float, rng: Rng, kind: str) -> State:
    """Leave out each edge with a chance, both of its directions together; nodes stay.

    Args:
        x: (features [N, V, F], adjacency [N, V, V], mask [N, V, 1]), or ragged graphs.
        share: the chance.
        rng: where a number for each edge is drawn.
        kind: names the draws.
    """
    if isinstance(x, RaggedGraphs):
        one, other = x.edges.amin(0), x.edges.amax(0)
        _, pair = torch.unique(one * len(x.x) + other, return_inverse=True)
        kept = rng.uniform(int(pair.max()) + 1 if len(pair) else 1, kind=kind)[pair] >= share
        before = torch.cat([kept.new_zeros(1, dtype=torch.int64), kept.long().cumsum(0)])
        return RaggedGraphs(x.x, x.edges[:, kept], x.nodes, before[x.ties])
    assert isinstance(x, tuple)
    features, adjacency, mask = x
    u: Tensor = rng.uniform(*adjacency.shape, kind=kind).triu()
    return features, adjacency * (u + u.triu(1).transpose(1, 2) >= share), mask
