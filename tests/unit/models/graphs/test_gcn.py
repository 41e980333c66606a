"""The graph convolutional network is message passing of its kind, with the mean as readout."""

import torch
from support.graphs import graph_job, graphs


def test_its_layers_are_torch_geometrics_and_its_readout_is_the_mean():
    from torch_geometric.nn import DenseGCNConv

    model = graph_job("erm", graphs(12), "gcn(width=6, layers=2)", torch.float64).model
    assert sum(isinstance(layer, DenseGCNConv) for layer in model.modules()) == 2
    h = torch.randn(2, 3, 6, dtype=torch.float64)
    readout = model.stages[1][-1]
    torch.testing.assert_close(readout((h, torch.zeros(2, 3, 3), torch.ones(2, 3, 1))), h.mean(1))
