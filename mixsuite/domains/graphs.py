"""Graphs: whole-graph prediction with GIN and GCN and a readout.

Graphs of ordinary size (at most 128 nodes in the data set) are padded and dense: features [N, V, F],
adjacency [N, V, V], node mask [N, V, 1]; sites input (mixing there is ifMixup: nodes in the files' order,
features, adjacency and mask mixed alike), hidden, embedding. Norms and readout count each node by its
mask. Larger ones stay ragged, are indexed and never collated, and can be mixed at the embedding alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from mixsuite.domains.contract import Data, Domain, Encoded, Ragged, Raw, Staged
from mixsuite.domains.layers import MaskedBatchNorm, masked_mean, masked_sum, valid
from mixsuite.errors import InputError

DENSE_UP_TO = 128  # nodes
Padded = tuple[Tensor, Tensor, Tensor]
Readout = Literal["mean", "sum"]


@dataclass(frozen=True)
class RaggedGraphs(Ragged):
    """Graphs one after another. x: [M, F] nodes; edges: [2, E] node numbers; nodes, ties: [n + 1] where each
    graph's nodes and edges begin."""

    x: Tensor
    edges: Tensor
    nodes: Tensor
    ties: Tensor

    @property
    def first(self) -> Tensor:
        return self.x

    def map(self, f: Callable[[Tensor], Tensor]) -> RaggedGraphs:
        return RaggedGraphs(f(self.x), f(self.edges), f(self.nodes), f(self.ties))

    def take(self, rows: Tensor) -> RaggedGraphs:
        places, nodes, _ = _spans(self.nodes, rows)
        which, ties, graph = _spans(self.ties, rows)
        moved = (nodes[:-1] - self.nodes[rows])[graph]  # from old node numbers to new ones, per edge
        return RaggedGraphs(self.x[places], self.edges[:, which] + moved, nodes, ties)

    @property
    def graph(self) -> Tensor:
        """The graph of each node. [M]"""
        return torch.repeat_interleave(self.nodes.diff())


def _spans(starts: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(members of the chosen spans, where each now begins, the span of each member)."""
    counts = starts[rows + 1] - starts[rows]
    begins = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    span = torch.repeat_interleave(counts)
    return torch.arange(len(span), device=span.device) - begins[span] + starts[rows][span], begins, span


class DenseGin(nn.Module):
    """Linear of x + A x: what torch_geometric's DenseGINConv with eps = 0 computes, of plain layers alone, so that
    several runs can train as one. No bias: the norm behind takes it away, and Adam would make steps of the full
    learning rate out of the rounding noise in its gradient."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(fan_in, fan_out, bias=False)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        return self.linear(x + adjacency @ x)  # type: ignore[no-any-return]


class DenseLayer(nn.Module):
    """One message-passing layer on padded graphs: convolution, masked BatchNorm, ReLU."""

    def __init__(self, kind: str, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.conv: nn.Module = DenseGin(fan_in, fan_out)
        if kind == "gcn":
            from torch_geometric.nn import DenseGCNConv  # a second to import, and not for gin

            self.conv = DenseGCNConv(fan_in, fan_out, bias=False)
        self.norm = MaskedBatchNorm(fan_out, axis=-1)

    def forward(self, graph: Padded) -> Padded:
        x, adjacency, mask = graph
        return valid(torch.relu(self.norm(self.conv(x, adjacency), mask)), mask), adjacency, mask


class SparseLayer(nn.Module):
    """The same on ragged graphs."""

    def __init__(self, kind: str, fan_in: int, fan_out: int) -> None:
        super().__init__()
        from torch_geometric.nn import GCNConv, GINConv

        self.conv = (
            GINConv(nn.Linear(fan_in, fan_out, bias=False)) if kind == "gin" else GCNConv(fan_in, fan_out, bias=False)
        )
        self.norm = nn.BatchNorm1d(fan_out)

    def forward(self, graph: RaggedGraphs) -> RaggedGraphs:
        x = torch.relu(self.norm(self.conv(graph.x, graph.edges)))
        return RaggedGraphs(x, graph.edges, graph.nodes, graph.ties)


class DenseReadout(nn.Module):
    """[N, V, F] and its mask to [N, F]."""

    def __init__(self, how: Readout) -> None:
        super().__init__()
        self.pool = masked_mean if how == "mean" else masked_sum

    def forward(self, graph: Padded) -> Tensor:
        return self.pool(graph[0], graph[2], axis=1)


class SparseReadout(nn.Module):
    """Ragged nodes to [N, F]."""

    def __init__(self, how: Readout) -> None:
        super().__init__()
        self.how = how

    def forward(self, graph: RaggedGraphs) -> Tensor:
        from torch_geometric.utils import scatter

        return scatter(graph.x, graph.graph, dim=0, dim_size=len(graph.nodes) - 1, reduce=self.how)  # type: ignore[no-any-return]


def _network(kind: str, data: Data, dropout: float, width: int, layers: int, readout: Readout) -> Staged:
    head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, data.classes))
    if isinstance(data.train.x, RaggedGraphs):
        sizes = [data.train.x.x.shape[1], *[width] * layers]
        body = [SparseLayer(kind, a, b) for a, b in pairwise(sizes)]
        return Staged([nn.Sequential(*body, SparseReadout(readout)), head], {"embedding": 1})
    assert isinstance(data.train.x, tuple)
    sizes = [data.train.x[0].shape[-1], *[width] * layers]
    first, *rest = [DenseLayer(kind, a, b) for a, b in pairwise(sizes)]
    stages = [first, nn.Sequential(*rest, DenseReadout(readout)), head]
    return Staged(stages, {"input": 0, "hidden": 1, "embedding": 2})


def gin(
    data: Data, *, dropout: float, width: PositiveInt = 32, layers: PositiveInt = 3, readout: Readout = "sum"
) -> Staged:
    """Graph isomorphism network (Xu et al. 2019): ``layers`` of (1 + eps) x + A x, Linear, BatchNorm, ReLU."""
    return _network("gin", data, dropout, width, layers, readout)


def gcn(
    data: Data, *, dropout: float, width: PositiveInt = 32, layers: PositiveInt = 3, readout: Readout = "mean"
) -> Staged:
    """Graph convolutional network (Kipf and Welling 2017), with BatchNorm and ReLU."""
    return _network("gcn", data, dropout, width, layers, readout)


class Graphs(Domain):
    """Graphs. Feature columns with values other than 0 and 1 are standardised over the training part's nodes."""

    requires = ("torch_geometric",)
    step_seconds = 5e-3

    @property
    def models(self) -> dict[str, Callable[..., Staged]]:
        return {"gin": gin, "gcn": gcn}

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """raw.x, n pairs (features [V, F], edges [2, E]) -> padded and dense, or ragged."""
        sizes = np.array([len(features) for features, _ in raw.x])
        if not sizes.all():
            raise InputError(f"graph {int(np.argmin(sizes))} has no nodes")
        graphs, nodes = list(raw.x[rows]), sizes[rows]
        x = np.concatenate([features for features, _ in graphs]).astype(np.float32)
        graph = np.repeat(np.arange(len(rows)), nodes)
        seen = x[np.isin(graph, train)]
        scaled = ((seen != 0) & (seen != 1)).any(0)
        std = seen.std(0, dtype=np.float64)
        x = np.where(scaled, (x - seen.mean(0, dtype=np.float64)) / np.where(std > 0, std, 1), x).astype(np.float32)
        begins = np.concatenate([[0], np.cumsum(nodes)])
        ties = np.array([edges.shape[1] for _, edges in graphs])
        edges = np.concatenate([edges for _, edges in graphs], axis=1).astype(np.int64)
        if sizes.max() > DENSE_UP_TO:
            edges = edges + np.repeat(begins[:-1], ties)
            bounds = np.concatenate([[0], np.cumsum(ties)])
            return Encoded(RaggedGraphs(*map(torch.from_numpy, (x, edges, begins, bounds))))
        shape = len(rows), sizes.max()
        padded, mask = np.zeros((*shape, x.shape[1]), np.float32), np.zeros((*shape, 1), np.float32)
        adjacency = np.zeros((*shape, sizes.max()), np.float32)
        place = np.arange(len(x)) - begins[graph]
        padded[graph, place], mask[graph, place] = x, 1
        owner = np.repeat(np.arange(len(rows)), ties)
        adjacency[owner, edges[1], edges[0]] = 1
        return Encoded((torch.from_numpy(padded), torch.from_numpy(adjacency), torch.from_numpy(mask)))
