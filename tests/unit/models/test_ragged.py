"""Graphs of any size: rows are picked without collating."""

import numpy as np
import torch
from support.graphs import graphs, ragged
from torch_geometric.data import Batch as Collated
from torch_geometric.data import Data as Graph

from mixsuite.data.state import first_leaf, map_leaves, take_rows
from mixsuite.models.ragged import RaggedGraphs


def test_picking_ragged_graphs_is_collating_them(monkeypatch):
    raw = graphs(12)
    rows = torch.tensor([7, 2, 2, 11, 0])
    picked = take_rows(ragged(raw, monkeypatch), rows)
    collated = Collated.from_data_list(
        [Graph(x=torch.from_numpy(raw.x[i][0]), edge_index=torch.from_numpy(raw.x[i][1])) for i in rows]
    )
    assert isinstance(picked, RaggedGraphs)
    assert torch.equal(picked.x, collated.x)
    assert torch.equal(picked.edges, collated.edge_index)
    assert torch.equal(picked.graph, collated.batch)
    assert torch.equal(picked.nodes, collated.ptr)


def test_rows_picked_from_rows_picked_are_rows(monkeypatch):
    state = ragged(graphs(12), monkeypatch)
    first, then = torch.tensor([7, 2, 2, 11, 0]), torch.tensor([4, 1, 0])
    once, twice = take_rows(state, first[then]), take_rows(take_rows(state, first), then)
    for name in ("x", "edges", "nodes", "ties"):
        assert torch.equal(getattr(once, name), getattr(twice, name))
    everything = take_rows(state, torch.arange(12))
    assert torch.equal(everything.edges, state.edges)
    assert len(take_rows(state, torch.tensor([], dtype=torch.int64)).x) == 0


def test_every_tensor_is_mapped_and_the_nodes_are_the_first_leaf(monkeypatch):
    state = ragged(graphs(5), monkeypatch)
    assert first_leaf(state) is state.x
    doubled = map_leaves(lambda t: 2 * t, state)
    assert isinstance(doubled, RaggedGraphs)
    for name in ("x", "edges", "nodes", "ties"):
        assert torch.equal(getattr(doubled, name), 2 * getattr(state, name))


def test_the_graph_of_each_node():
    raw = graphs(6)
    sizes = [len(features) for features, _ in raw.x]
    nodes = torch.tensor(np.concatenate([[0], np.cumsum(sizes)]))
    state = RaggedGraphs(
        torch.zeros(sum(sizes), 1), torch.zeros(2, 0, dtype=torch.int64), nodes, torch.zeros(7, dtype=torch.int64)
    )
    assert state.graph.tolist() == [g for g, size in enumerate(sizes) for _ in range(size)]
