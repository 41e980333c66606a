"""Graph networks: dense equals sparse, and both equal their formula."""

import pytest
import torch
from support.graphs import all_ragged, graph_job, graphs
from torch import nn

from mixsuite.models.message_passing import DenseGin, DenseLayer, DenseReadout, less_padding
from mixsuite.models.ragged import RaggedGraphs
from mixsuite.training.loop import train


@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize("kind", ["gin", "gcn"])
def test_dense_equals_sparse_in_training_mode_running_statistics_included(kind, readout, monkeypatch):
    raw = graphs(30)
    model = f"{kind}(width=6, layers=3, readout={readout})"
    dense = graph_job("erm", raw, model, torch.float64)
    all_ragged(monkeypatch)
    sparse = graph_job("erm", raw, model, torch.float64)
    assert isinstance(sparse.data.train.x, RaggedGraphs)
    assert list(sparse.model.sites) == ["embedding"]
    weights = [p.detach().clone() for p in dense.model.parameters()]
    with torch.no_grad():
        for p, w in zip(sparse.model.parameters(), weights, strict=True):
            p.copy_(w)
    a, b = (train(j) for j in (dense, sparse))
    for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-11, rtol=1e-9)
    mine = {k.rsplit(".", 1)[1]: v for k, v in a.model.state_dict().items() if "running" in k}
    theirs = {k.rsplit(".", 1)[1]: v for k, v in b.model.state_dict().items() if "running" in k}
    for name in mine:
        torch.testing.assert_close(mine[name], theirs[name], atol=1e-11, rtol=1e-9)
    assert not torch.equal(next(a.model.parameters()), weights[0])


def test_a_dense_layer_is_torch_geometrics():
    from torch_geometric.nn import DenseGINConv

    mine = DenseGin(4, 3)
    theirs = DenseGINConv(mine.linear, eps=0.0)
    x, upper = torch.randn(2, 5, 4), (torch.rand(2, 5, 5) < 0.5).float().triu(1)
    adjacency = upper + upper.transpose(1, 2)
    torch.testing.assert_close(mine(x, adjacency), theirs(x, adjacency))


@pytest.mark.parametrize(("how", "count"), [("sum", 1), ("mean", 3)])
def test_the_readout_counts_real_nodes(how, count):
    x, mask = torch.randn(2, 5, 4), torch.ones(2, 5, 1)
    mask[:, 3:] = 0
    found = DenseReadout(how)((x, torch.zeros(2, 5, 5), mask))
    torch.testing.assert_close(found, x[:, :3].sum(1) / count)


def test_an_output_does_not_depend_on_the_order_of_nodes_or_on_more_padding():
    job = graph_job("erm", graphs(12), dtype=torch.float64)
    model, (x, adjacency, mask) = job.model.eval(), job.data.test.x
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(0))
    moved = x[:, order], adjacency[:, order][:, :, order], mask[:, order]
    torch.testing.assert_close(model(moved), model((x, adjacency, mask)))
    wide = torch.nn.functional.pad(x, (0, 0, 0, 3)), torch.nn.functional.pad(adjacency, (0, 3, 0, 3))
    torch.testing.assert_close(model((*wide, torch.nn.functional.pad(mask, (0, 0, 0, 3)))), model((x, adjacency, mask)))
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 2}


def test_places_that_no_graph_has_are_left_out():
    mask = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 1.0, 0.0]])[:, :, None]
    graph = torch.randn(2, 4, 3), torch.randn(2, 4, 4), mask
    torch.testing.assert_close(less_padding(graph), (graph[0][:, :3], graph[1][:, :3, :3], mask[:, :3]))
    assert less_padding((graph[0], graph[1], torch.zeros_like(mask)))[0].shape == (2, 1, 3)


@pytest.mark.parametrize("kind", ["gin", "gcn"])
def test_the_size_to_which_graphs_are_padded_changes_neither_outputs_nor_gradients(kind):
    torch.manual_seed(0)
    layer, net = DenseLayer(kind, 3, 5).double(), DenseLayer(kind, 5, 5).double()
    mask = (torch.arange(6) < torch.tensor([[2], [6], [4]])).double()[:, :, None]
    x, adjacency = torch.randn(3, 6, 3).double() * mask, (torch.rand(3, 6, 6) < 0.5).double() * mask * mask.mT
    found = []
    for more in (0, 9):
        rows = (0, 0, 0, more)  # places behind the last one of an axis, from the last axis on
        graph = [nn.functional.pad(v, pad) for v, pad in ((x, rows), (adjacency, (0, more, 0, more)), (mask, rows))]
        out = DenseReadout("sum")(net(less_padding(layer(tuple(graph)))))
        found.append([out, *torch.autograd.grad(out.square().sum(), [*layer.parameters(), *net.parameters()])])
    torch.testing.assert_close(*found)
