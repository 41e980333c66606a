"""How graphs are encoded: padded and dense where all are small, else ragged."""

import numpy as np
import pytest
import torch
from support.graphs import graph_job, graphs, ragged

from mixsuite.data.rows import Raw
from mixsuite.domains.graphs.adapter import DENSE_UP_TO
from mixsuite.domains.graphs.domain import Graphs
from mixsuite.errors import InputError, SkipRun
from mixsuite.training.loop import train


def test_padded_graphs_hold_features_adjacency_and_mask():
    raw = graphs(10)
    x, adjacency, mask = Graphs().encode(raw, np.arange(10), np.arange(10)).x
    for g, (features, edges) in enumerate(raw.x):
        assert torch.equal(x[g, : len(features)], torch.from_numpy(features))
        assert int(mask[g].sum()) == len(features)
        assert adjacency[g].nonzero().tolist() == sorted(edges.T.tolist())
        assert x[g, len(features) :].eq(0).all()


def test_continuous_columns_alone_are_standardised_by_the_training_graphs():
    raw = graphs(6)
    draws = np.random.default_rng(1)
    wide = np.empty(6, dtype=object)
    for g, (features, edges) in enumerate(raw.x):
        wide[g] = (np.hstack([features, draws.normal(5, 3, size=(len(features), 1))]).astype(np.float32), edges)
    x, _, mask = Graphs().encode(Raw(wide, raw.y), np.arange(6), np.arange(3)).x
    assert set(x[:, :, :4].unique().tolist()) <= {0.0, 1.0}
    seen = x[:3, :, 4][mask[:3, :, 0] > 0]
    assert float(seen.mean()) == pytest.approx(0, abs=1e-5)
    assert float(seen.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_large_graphs_are_mixed_at_the_embedding_alone():
    raw = graphs(30)
    raw.x[3] = (np.eye(4, dtype=np.float32)[np.zeros(DENSE_UP_TO + 1, dtype=int)], np.zeros((2, 0), dtype=np.int64))
    said = r"no site 'input' here \(this task has: embedding; say which, site=...\): a graph of this data set has over 128 nodes"
    with pytest.raises(SkipRun, match=said):
        train(graph_job("mixup", raw))
    for method in (
        "erm",
        "mixup(site=embedding)",
        "manifold_mixup",
        "multi_mix(site=embedding)",
        "mixupe(site=embedding)",
    ):
        first, again = (train(graph_job(method, raw)).digests for _ in "ab")
        assert first == again


def test_a_graph_without_nodes_is_refused():
    raw = graphs(5)
    raw.x[2] = (np.zeros((0, 4), dtype=np.float32), np.zeros((2, 0), dtype=np.int64))
    with pytest.raises(InputError, match="graph 2 has no nodes"):
        Graphs().encode(raw, np.arange(5), np.arange(5))


def test_ragged_graphs_are_those_that_are_padded_else(monkeypatch):
    raw = graphs(8)
    x, adjacency, mask = Graphs().encode(raw, np.arange(8), np.arange(8)).x
    state = ragged(raw, monkeypatch)
    for g in range(8):
        nodes, edges = slice(state.nodes[g], state.nodes[g + 1]), slice(state.ties[g], state.ties[g + 1])
        assert torch.equal(state.x[nodes], x[g][mask[g, :, 0] > 0])
        assert (state.edges[:, edges] - state.nodes[g]).T.tolist() == adjacency[g].nonzero().tolist()


def test_the_size_is_the_data_sets_and_not_the_splits():
    raw = graphs(8)
    most = max(len(features) for features, _ in raw.x)
    smallest = int(np.argmin([len(features) for features, _ in raw.x]))
    x, adjacency, mask = Graphs().encode(raw, np.array([smallest]), np.array([0])).x
    assert (x.shape, adjacency.shape, mask.shape) == ((1, most, 4), (1, most, most), (1, most, 1))
