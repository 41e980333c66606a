"""Nets of torch_geometric on padded and on ragged graphs."""

import pytest
import torch
from support.graphs import graph_job, graphs, ragged

from mixsuite.errors import InputError
from mixsuite.models.graphs.pyg import Pyg


@pytest.mark.parametrize("name", ["GCN", "GIN", "GraphSAGE", "GAT", "EdgeCNN"])
def test_padded_and_ragged_graphs_give_the_same(name, monkeypatch):
    raw = graphs(12)
    job = graph_job("erm", raw, f'pyg:{name}(width=6, layers=2, norm="")', torch.float64)
    model = job.model.eval()
    apart = ragged(raw, monkeypatch).map(lambda leaf: leaf.double() if leaf.is_floating_point() else leaf)
    mine = model(
        tuple(torch.cat([getattr(job.data, p).x[leaf] for p in ("train", "valid", "test")]) for leaf in range(3))
    )
    assert sorted(mine.sum(1).tolist()) == pytest.approx(sorted(model(apart).sum(1).tolist()))
    assert model.sites == {"embedding": 1}


def test_it_is_torch_geometrics_net_and_a_readout():
    from torch_geometric.nn.models import GraphSAGE
    from torch_geometric.utils import dense_to_sparse

    job = graph_job("erm", graphs(12), "pyg:GraphSAGE(width=6, layers=2, readout=sum)", torch.float64)
    net = job.model.eval().stages[0].net
    assert isinstance(net, GraphSAGE)
    x, adjacency, mask = (leaf[:1] for leaf in job.data.train.x)
    nodes = int(mask.sum())
    edges, _ = dense_to_sparse(adjacency[0, :nodes, :nodes].T)
    torch.testing.assert_close(job.model.stages[0]((x, adjacency, mask))[0], net(x[0, :nodes], edges).sum(0))


def test_further_parameters_reach_it_and_unknown_nets_are_refused():
    job = graph_job("erm", graphs(12), "pyg:GIN(train_eps=True, layers=2)")
    assert any("eps" in name for name, _ in job.model.named_parameters())
    with pytest.raises(InputError, match="unknown net of torch_geometric 'GINN'; did you mean 'GIN'"):
        Pyg("GINN").build(job.data)
