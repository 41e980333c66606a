"""GraphSAGE: padded as torch_geometric's dense layer, and as ragged graphs, layer by layer."""

import pytest
import torch
from support.graphs import all_ragged, graph_job, graphs
from torch import nn

from mixsuite.models.graphs.sage import DenseSage, Sage, SparseSage
from mixsuite.models.ragged import RaggedGraphs
from mixsuite.training.loop import train


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("fan_out", [4, 6])
def test_a_dense_layer_is_torch_geometrics_a_norm_over_the_nodes_and_the_way_past_it(norm, residual, fan_out):
    from torch_geometric.nn import DenseSAGEConv

    torch.manual_seed(0)
    mine, theirs = DenseSage(4, fan_out, norm, residual), DenseSAGEConv(4, fan_out, bias=not norm)
    theirs.lin_rel, theirs.lin_root = mine.neighbours, mine.own
    upper = (torch.rand(3, 5, 5) < 0.5).float().triu(1)
    mask = (torch.arange(5) < torch.tensor([[5], [4], [2]])).float()[:, :, None]
    adjacency = (upper + upper.mT) * mask * mask.mT
    x = torch.randn(3, 5, 4) * mask
    h = theirs(x, adjacency)
    if norm:
        flat = h[mask[:, :, 0] > 0]
        h = (h - flat.mean(0)) / (flat.var(0, correction=0) + 1e-5).sqrt()
    h = h.clamp(min=0) + (x if residual and fan_out == 4 else 0)
    torch.testing.assert_close(mine((x, adjacency, mask))[0], h * mask)


def test_a_neighbour_counts_by_its_share_and_a_node_without_any_has_its_own_features_alone():
    layer, mask = DenseSage(4, 3, norm=False, residual=False).double(), torch.ones(1, 3, 1).double()
    x, shares = torch.randn(1, 3, 4).double(), torch.tensor([[[0, 1.0, 0.6], [1.0, 0, 0], [0, 0, 0]]]).double()
    found = layer((x, shares, mask))[0][0]
    (a, b, c), own, other = x[0], layer.own, layer.neighbours
    torch.testing.assert_close(found[0], (own(a) + other((b + 0.6 * c) / 1.6)).clamp(min=0))
    torch.testing.assert_close(found[1], (own(b) + other(a)).clamp(min=0))
    torch.testing.assert_close(found[2], own(c).clamp(min=0))


def weights(model):
    """Each layer's weights and statistics, in an order that padded and ragged nets share."""
    found = []
    for layer in model.modules():
        if isinstance(layer, DenseSage):
            norm = layer.norm if layer.has_norm else None
            found += [layer.own.weight, layer.neighbours.weight, layer.own.bias]
        elif isinstance(layer, SparseSage):
            norm = layer.norm if isinstance(layer.norm, nn.BatchNorm1d) else None
            found += [layer.conv.lin_r.weight, layer.conv.lin_l.weight, layer.conv.lin_l.bias]
        else:
            continue
        found += [norm.weight, norm.bias, norm.running_mean, norm.running_var] if norm is not None else []
    last = model.stages[-1][1]
    return [value for value in [*found, last.weight, last.bias] if value is not None]


@pytest.mark.parametrize("values", ["", ", norm=False, residual=False", ", readout=sum"])
def test_dense_equals_sparse_in_training_running_statistics_included(values, monkeypatch):
    raw, model = graphs(30), f"sage(width=6, layers=3{values})"
    dense = graph_job("erm", raw, model, torch.float64)
    all_ragged(monkeypatch)
    sparse = graph_job("erm", raw, model, torch.float64)
    assert isinstance(sparse.data.train.x, RaggedGraphs)
    assert list(sparse.model.sites) == ["embedding"]
    with torch.no_grad():
        for mine, theirs in zip(weights(dense.model), weights(sparse.model), strict=True):
            theirs.copy_(mine)
    before = dense.model.stages[0].own.weight.detach().clone()
    a, b = (train(job).model for job in (dense, sparse))
    for mine, theirs in zip(weights(a), weights(b), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-11, rtol=1e-9)
    assert not torch.equal(weights(a)[0], before)


def test_it_has_as_many_layers_and_weights_as_its_docstring_says():
    model = graph_job("erm", graphs(12), "sage").model
    layers = [layer for layer in model.modules() if isinstance(layer, DenseSage)]
    assert [layer.residual for layer in layers] == [False, True, True, True, True]
    count = 2 * 4 * 64 + 4 * 2 * 64 * 64 + 5 * 2 * 64 + 65 * 2
    assert sum(weight.numel() for weight in model.parameters()) == count
    assert f"{count:,}" in Sage.__doc__
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 2}
