"""The graph isomorphism network is message passing of its kind, with the sum as readout."""

import torch
from support.graphs import graph_job, graphs

from mixsuite.models.message_passing import DenseGin


def test_its_layers_are_gin_and_its_readout_is_the_sum():
    model = graph_job("erm", graphs(12), "gin(width=6, layers=2)", torch.float64).model
    layers = [layer for layer in model.modules() if isinstance(layer, DenseGin)]
    assert [layer.linear.out_features for layer in layers] == [6, 6]
    assert model.sites == {"input": 0, "hidden": 1, "embedding": 2}
    h = torch.randn(2, 3, 6, dtype=torch.float64)
    readout = model.stages[1][-1]
    torch.testing.assert_close(readout((h, torch.zeros(2, 3, 3), torch.ones(2, 3, 1))), h.sum(1))
