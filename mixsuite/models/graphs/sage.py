"""GraphSAGE. Sites: input, hidden, embedding; of graphs with over 128 nodes embedding alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from pydantic import PositiveInt
from torch import nn

from mixsuite.data.rows import Data
from mixsuite.models.base import Model, Staged
from mixsuite.models.dropout import Dropout
from mixsuite.models.masked import MaskedBatchNorm, valid
from mixsuite.models.message_passing import DenseReadout, Padded, Readout, SparseReadout
from mixsuite.models.ragged import RaggedGraphs


class DenseSage(nn.Module):
    """A layer on padded graphs: W x + V (mean of the neighbours' x), BatchNorm, ReLU, and x itself.

    The mean is torch_geometric's DenseSAGEConv: the sum over neighbours, each with its share, by the sum of the shares,
    which counts as at least 1. Before a norm there is no bias.

    norm:     whether there is a BatchNorm.
    residual: whether x is added at the end, where the number of features stays.
    """

    def __init__(self, fan_in: int, fan_out: int, norm: bool, residual: bool) -> None:
        super().__init__()
        self.own = nn.Linear(fan_in, fan_out, bias=not norm)
        self.neighbours = nn.Linear(fan_in, fan_out, bias=False)
        if norm:
            self.norm = MaskedBatchNorm(fan_out, axis=-1)
        self.has_norm, self.residual = norm, residual and fan_in == fan_out

    def forward(self, graph: Padded) -> Padded:
        """(features [N, V, F], adjacency [N, V, V], mask [N, V, 1]) -> the same with features [N, V, G]."""
        x, adjacency, mask = graph
        degree = adjacency.sum(2, keepdim=True).clamp(min=1)
        h = self.own(x) + self.neighbours(adjacency @ x / degree)
        h = torch.relu(self.norm(h, mask) if self.has_norm else h)
        return valid(x + h if self.residual else h, mask), adjacency, mask


class SparseSage(nn.Module):
    """The same layer on ragged graphs, by torch_geometric's SAGEConv."""

    def __init__(self, fan_in: int, fan_out: int, norm: bool, residual: bool) -> None:
        super().__init__()
        from torch_geometric.nn import SAGEConv

        self.conv = SAGEConv(fan_in, fan_out, aggr="mean", bias=not norm)
        self.norm = nn.BatchNorm1d(fan_out) if norm else nn.Identity()
        self.residual = residual and fan_in == fan_out

    def forward(self, graph: RaggedGraphs) -> RaggedGraphs:
        """Ragged graphs with features [M, F] -> the same with features [M, G]."""
        h = torch.relu(self.norm(self.conv(graph.x, graph.edges)))
        return RaggedGraphs(graph.x + h if self.residual else h, graph.edges, graph.nodes, graph.ties)


@dataclass(frozen=True)
class Sage(Model):
    """GraphSAGE with the mean of all neighbours: layers of W x + V (mean of the neighbours), ReLU; readout, one Linear.

    The paper draws neighbours and sets each node's features to length 1; here all neighbours count, as graphs are
    small. BatchNorm and the residual path are our choice. With its defaults, 4 features and 2 classes it has 34,050
    weights.

    width:    features of a node behind each layer.
    layers:   number of layers.
    readout:  how the nodes of a graph become one row.
    norm:     whether a layer has a BatchNorm.
    residual: whether a layer's input is added to its output, from the second layer on.
    """

    width: PositiveInt = 64
    layers: PositiveInt = 5
    readout: Readout = "mean"
    norm: bool = True
    residual: bool = True
    dropout: Dropout = 0.0

    domains = ("graphs",)
    stackable = True
    reference = "Hamilton, Ying and Leskovec 2017, arXiv:1706.02216"

    def build(self, data: Data) -> Staged:
        head = nn.Sequential(nn.Dropout(self.dropout), nn.Linear(self.width, data.classes))
        x = data.train.x
        if isinstance(x, RaggedGraphs):
            pairs = pairwise([x.x.shape[1], *[self.width] * self.layers])
            body = [SparseSage(a, b, self.norm, self.residual) for a, b in pairs]
            return Staged([nn.Sequential(*body, SparseReadout(self.readout)), head], {"embedding": 1})
        assert isinstance(x, tuple)
        pairs = pairwise([x[0].shape[-1], *[self.width] * self.layers])
        first, *rest = [DenseSage(a, b, self.norm, self.residual) for a, b in pairs]
        stages = [first, nn.Sequential(*rest, DenseReadout(self.readout)), head]
        return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})
