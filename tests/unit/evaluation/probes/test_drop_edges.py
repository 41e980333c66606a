"""Graphs with edges that are not there."""

import pytest
import torch
from support.probes import probe, rows

from mixsuite.models.ragged import RaggedGraphs


def ragged(adjacency):
    """Dense graphs [N, V, V], every node real, as ragged ones with the node's number as its feature."""
    n, v, _ = adjacency.shape
    places = adjacency.nonzero()
    edges = (places[:, 1:] + places[:, :1] * v).T
    ties = torch.cat([torch.zeros(1, dtype=torch.int64), adjacency.sum((1, 2)).long().cumsum(0)])
    return RaggedGraphs(torch.arange(n * v)[:, None].float(), edges, torch.arange(n + 1) * v, ties)


@pytest.mark.parametrize("kind", ["dense", "ragged"])
def test_edges_are_dropped_in_both_directions(kind):
    draws = torch.Generator().manual_seed(0)
    upper = (torch.rand(40, 12, 12, generator=draws) < 0.4).float().triu(1)
    adjacency = upper + upper.transpose(1, 2)

    def drop(text):
        if kind == "dense":
            nodes = torch.ones(40, 12, 1)
            return probe(text).disturb((nodes, adjacency, nodes), rows(None))[1]
        graphs = probe(text).disturb(ragged(adjacency), rows(None))
        back = torch.zeros_like(adjacency)
        for g in range(40):
            own = graphs.edges[:, graphs.ties[g] : graphs.ties[g + 1]] - 12 * g
            back[g, own[0], own[1]] = 1
        return back

    left = drop("drop_edges(share=0.25)")
    assert torch.equal(left, left.transpose(1, 2))
    assert (left <= adjacency).all()
    assert float(left.sum() / adjacency.sum()) == pytest.approx(0.75, abs=0.03)
    assert torch.equal(drop("drop_edges(share=0.0)"), adjacency)
    assert drop("drop_edges(share=1.0)").sum() == 0
