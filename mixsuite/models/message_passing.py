"""Whole-graph prediction: message-passing layers, a readout, one Linear.

Graphs of ordinary size (at most 128 nodes in the data set) are padded and dense: features [N, V, F], adjacency
[N, V, V], node mask [N, V, 1]. Their sites are input, hidden and embedding. mixup at the input is ifMixup with the
nodes in the files' order: features, adjacency and mask are mixed alike. Norms and readout count each node by its mask.
Larger graphs stay ragged: they are indexed, never collated, and can be mixed at the embedding only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mixsuite.data.rows import Data
from mixsuite.data.state import State
from mixsuite.models.base import Staged
from mixsuite.models.masked import MaskedBatchNorm, masked_mean, masked_sum, valid
from mixsuite.models.packed import Ties
from mixsuite.models.ragged import RaggedGraphs

Padded = tuple[Tensor, Tensor, Tensor]
Packed = tuple[Tensor, Ties, Tensor]
Readout = Literal["mean", "sum"]


class DenseGin(nn.Module):
    """Linear of x + A x: torch_geometric's DenseGINConv with eps = 0.

    It is made of plain layers, so several runs can train as one. There is no bias: the norm behind it would remove the
    bias, and Adam would turn the rounding noise in its gradient into steps of the full learning rate.
    """

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(fan_in, fan_out, bias=False)

    def forward(self, x: Tensor, adjacency: Tensor | Ties) -> Tensor:
        """x [N, V, F], adjacency [N, V, V] -> [N, V, G]; or packed, x [1, M, F] -> [1, M, G]."""
        return self.linear(x + adjacency @ x)  # type: ignore[no-any-return]


class GraphNet(Staged):
    """A net for padded graphs, which wastes no work in training on places without a node where it runs alone on a CPU.

    A call whose stages end at a state of nodes keeps the padding: methods were told that state's shape. A call that
    goes on to the readout is free in how it computes. On a GPU all stays: to count the nodes the host would have to
    wait. Several runs that train as one keep it too: the sums of one run must have nothing of the others' sizes.
    """

    def __init__(self, stages: Sequence[nn.Module], sites: dict[str, int], packs: bool) -> None:
        """packs: its layers take packed graphs; else it leaves out the places that no graph of a batch has."""
        super().__init__(stages, sites)
        self.without_padding = pack if packs else less_padding

    def forward(self, h: State, start: int = 0, stop: int | None = None) -> Any:
        """Run stages start .. stop-1 on a state [N, ...]; the last stage gives the outputs [N, outputs]."""
        to_rows = stop is None or stop > self.sites["hidden"]
        if self.training and to_rows and isinstance(h, tuple) and not h[0].is_cuda:
            return super().forward(self.without_padding(h), start, stop)
        return super().forward(h, start, stop)


def less_padding(graph: Any) -> Padded:
    """Leave out the places of nodes that no graph of the batch has: all are padded to the data's largest.

    (features [N, V, F], adjacency [N, V, V], mask [N, V, 1]) -> the same with at most V nodes.
    """
    x, adjacency, mask = graph
    used = mask.any(0).nonzero()[:, 0]
    nodes = int(used[-1]) + 1 if len(used) else 1
    return x[:, :nodes], adjacency[:, :nodes, :nodes], mask[:, :nodes]


def pack(graph: Any) -> Any:
    """Leave out every place without a node; what a method differentiates by an adjacency or a mask stays padded.

    (features [N, V, F], adjacency [N, V, V], mask [N, V, 1]) -> (features [1, M, F], ties, mask [1, M, 1]).
    """
    x, adjacency, mask = graph
    if adjacency.requires_grad or mask.requires_grad:
        return graph
    used = mask[..., 0] > 0
    places = used.flatten().nonzero()[:, 0]
    features, weights = (v.flatten(0, 1).index_select(0, places)[None] for v in (x, mask))
    return features, Ties(adjacency, mask[..., 0], used), weights


class DenseLayer(nn.Module):
    """One message-passing layer on padded or packed graphs: convolution, masked BatchNorm, ReLU."""

    def __init__(self, kind: str, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.conv: nn.Module = DenseGin(fan_in, fan_out)
        if kind == "gcn":
            from torch_geometric.nn import DenseGCNConv  # takes a second to import, and gin does not need it

            self.conv = DenseGCNConv(fan_in, fan_out, bias=False)
        self.norm = MaskedBatchNorm(fan_out, axis=-1)

    def forward(self, graph: Padded | Packed) -> Any:
        """(features [N, V, F], adjacency [N, V, V], mask [N, V, 1]) -> the same with features [N, V, G]."""
        x, adjacency, mask = graph
        x = torch.relu(self.norm(self.conv(x, adjacency), mask))
        return x if isinstance(adjacency, Ties) else valid(x, mask), adjacency, mask


class SparseLayer(nn.Module):
    """One message-passing layer on ragged graphs: convolution, BatchNorm, ReLU."""

    def __init__(self, kind: str, fan_in: int, fan_out: int) -> None:
        super().__init__()
        from torch_geometric.nn import GCNConv, GINConv

        self.conv = (
            GINConv(nn.Linear(fan_in, fan_out, bias=False)) if kind == "gin" else GCNConv(fan_in, fan_out, bias=False)
        )
        self.norm = nn.BatchNorm1d(fan_out)

    def forward(self, graph: RaggedGraphs) -> RaggedGraphs:
        """Ragged graphs with features [M, F] -> the same with features [M, G]."""
        x = torch.relu(self.norm(self.conv(graph.x, graph.edges)))
        return RaggedGraphs(x, graph.edges, graph.nodes, graph.ties)


class DenseReadout(nn.Module):
    """The mean or sum over the nodes of padded or packed graphs."""

    def __init__(self, how: Readout) -> None:
        super().__init__()
        self.how = how

    def forward(self, graph: Padded | Packed) -> Tensor:
        """(features [N, V, F], adjacency, mask [N, V, 1]) -> [N, F]."""
        x, adjacency, mask = graph
        if isinstance(adjacency, Ties):
            return adjacency.mean(x) if self.how == "mean" else adjacency.summed(x)
        return (masked_mean if self.how == "mean" else masked_sum)(x, mask, axis=1)


class SparseReadout(nn.Module):
    """The mean or sum over the nodes of ragged graphs."""

    def __init__(self, how: Readout) -> None:
        super().__init__()
        self.how = how

    def forward(self, graph: RaggedGraphs) -> Tensor:
        """Ragged graphs with features [M, F] -> [N, F]."""
        from torch_geometric.utils import scatter

        return scatter(graph.x, graph.graph, dim=0, dim_size=len(graph.nodes) - 1, reduce=self.how)  # type: ignore[no-any-return]


def message_passing(
    kind: Literal["gin", "gcn"], data: Data, dropout: float, width: int, layers: int, readout: Readout
) -> Staged:
    """``layers`` layers of a kind, with BatchNorm and ReLU; readout; one Linear."""
    head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, data.classes))
    if isinstance(data.train.x, RaggedGraphs):
        sizes = [data.train.x.x.shape[1], *[width] * layers]
        sparse = [SparseLayer(kind, a, b) for a, b in pairwise(sizes)]
        return Staged([nn.Sequential(*sparse, SparseReadout(readout)), head], {"embedding": 1})
    assert isinstance(data.train.x, tuple)
    sizes = [data.train.x[0].shape[-1], *[width] * layers]
    first, *rest = [DenseLayer(kind, a, b) for a, b in pairwise(sizes)]
    stages = [first, nn.Sequential(*rest, DenseReadout(readout)), head]
    # torch_geometric's dense GCN takes no packed graphs.
    return GraphNet(stages, {"input": 0, "hidden": 1, "embedding": 2}, packs=kind == "gin")
