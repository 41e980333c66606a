"""Nets of torch_geometric by name, pyg:GraphSAGE. Site: embedding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.data.state import State
from mixsuite.errors import unknown
from mixsuite.models.adapted import keywords
from mixsuite.models.base import Model, Staged
from mixsuite.models.message_passing import Readout
from mixsuite.models.ragged import RaggedGraphs
from mixsuite.plugins.entry import Params

_NETS = ("EdgeCNN", "GAT", "GCN", "GIN", "GraphSAGE", "PNA")  # torch_geometric's BasicGNN and its kinds


@dataclass(frozen=True)
class Pyg(Model):
    """A net of torch_geometric.nn.models, as pyg:GIN(layers=5, train_eps=True), then a readout and one Linear.

    It takes nodes and edges as they are, not shares of them, so graphs are mixed behind the readout alone.

    name:    EdgeCNN, GAT, GCN, GIN, GraphSAGE or PNA.
    width:   features of a node behind each layer.
    layers:  number of layers.
    norm:    torch_geometric's name of a norm behind each layer; "" for none.
    readout: how the nodes of a graph become one row.
    others:  further parameters of torch_geometric's class.
    """

    name: str
    width: PositiveInt = 64
    layers: PositiveInt = 5
    norm: str = "BatchNorm"
    readout: Readout = "mean"
    others: Params = ()

    domains = ("graphs",)
    arguments = ("name",)
    takes_others = True
    reference = "Fey and Lenssen 2019, arXiv:1903.02428"

    def build(self, data: Data) -> Staged:
        from torch_geometric.nn import models

        if self.name not in _NETS:
            raise unknown("net of torch_geometric", self.name, _NETS)
        x = data.train.x
        columns = x.x.shape[1] if isinstance(x, RaggedGraphs) else x[0].shape[-1]  # type: ignore[index]
        net = getattr(models, self.name)(
            columns, self.width, self.layers, norm=self.norm or None, **keywords(self.others)
        )
        return Staged([Read(net, self.readout), nn.Linear(self.width, data.classes)], {"embedding": 1})


class Read(nn.Module):
    """A net over nodes and edges, and the mean or sum of what it makes of a graph's nodes."""

    def __init__(self, net: nn.Module, how: Readout) -> None:
        super().__init__()
        self.net, self.how = net, how

    def forward(self, graphs: State) -> Tensor:
        """Ragged graphs, or padded ones (features [N, V, F], adjacency [N, V, V], mask [N, V, 1]) -> [N, G]."""
        from torch_geometric.utils import scatter

        if isinstance(graphs, RaggedGraphs):
            x, edges, graph, count = graphs.x, graphs.edges, graphs.graph, len(graphs)
        else:
            assert isinstance(graphs, tuple)
            x, edges, graph, count = _unpadded(*graphs)
        h = self.net(x, edges, batch=graph)
        return scatter(h, graph, dim=0, dim_size=count, reduce=self.how)  # type: ignore[no-any-return]


def _unpadded(x: Tensor, adjacency: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, int]:
    """(features [M, F], edges [2, E], graph of each node [M], number of graphs) of padded graphs."""
    valid = mask[:, :, 0] > 0  # [N, V]
    number = torch.cumsum(valid.flatten(), 0).reshape(valid.shape) - 1
    graph, to, source = torch.nonzero(adjacency, as_tuple=True)
    edges = torch.stack([number[graph, source], number[graph, to]])
    return x[valid], edges, torch.nonzero(valid, as_tuple=True)[0], len(x)
