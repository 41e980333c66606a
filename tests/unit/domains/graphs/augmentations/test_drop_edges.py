"""Edges left out."""

import numpy as np
import pytest
import torch
from support.augmentations import augmented

from mixsuite.data.rows import Raw
from mixsuite.domains.graphs.adapter import GraphsAdapter
from mixsuite.domains.graphs.augmentations.drop_edges import DropEdges


def rings(sizes):
    """A ring of each size, both directions of each edge."""
    graphs = np.empty(len(sizes), dtype=object)
    for place, size in enumerate(sizes):
        ring = np.arange(size)
        edges = np.stack([np.concatenate([ring, (ring + 1) % size]), np.concatenate([(ring + 1) % size, ring])])
        graphs[place] = (np.ones((size, 2)), edges)
    return GraphsAdapter().encode(Raw(graphs, np.zeros(len(sizes))), np.arange(len(sizes)), np.arange(len(sizes))).x


def test_a_dense_edge_goes_with_its_opposite_and_nodes_stay():
    x = rings([20] * 40)
    features, adjacency, mask = augmented("drop_edges(share=0.4)", x)
    assert torch.equal(features, x[0])
    assert torch.equal(mask, x[2])
    assert torch.equal(adjacency, adjacency.transpose(1, 2))
    assert not bool((adjacency > x[1]).any())
    assert abs(float(adjacency.sum() / x[1].sum()) - 0.6) < 0.06


def test_a_ragged_edge_goes_with_its_opposite_and_spans_follow():
    x = rings([150, 20, 130, 3])
    out = augmented("drop_edges(share=0.4)", x)
    assert torch.equal(out.nodes, x.nodes)
    assert torch.equal(out.x, x.x)
    assert abs(out.edges.shape[1] / x.edges.shape[1] - 0.6) < 0.1
    for graph in range(4):
        begin, end = out.nodes[graph], out.nodes[graph + 1]
        edges = out.edges[:, out.ties[graph] : out.ties[graph + 1]]
        assert bool(((edges >= begin) & (edges < end)).all())
        pairs = set(map(tuple, edges.T.tolist()))
        assert pairs == {(b, a) for a, b in pairs}
        was = x.edges[:, x.ties[graph] : x.ties[graph + 1]]
        assert pairs <= set(map(tuple, was.T.tolist()))


def test_all_edges_cannot_go():
    with pytest.raises(ValueError, match="share=1: allowed is from 0 to below 1"):
        DropEdges(share=1)
