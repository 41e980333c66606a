"""Graphs of any size, one after another: a state whose rows are selected without collating them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mixsuite.data.state import Ragged


@dataclass(frozen=True)
class RaggedGraphs(Ragged):
    """n graphs one after another.

    x:     [M, F] features of all nodes.
    edges: [2, E] node numbers.
    nodes: [n + 1] where each graph's nodes begin.
    ties:  [n + 1] where each graph's edges begin.
    """

    cause: ClassVar[str] = (
        "a graph of this data set has over 128 nodes, so graphs stay sparse, and mix behind their readout"
    )

    x: Tensor
    edges: Tensor
    nodes: Tensor
    ties: Tensor

    @property
    def first(self) -> Tensor:
        """The features of all nodes. [M, F]."""
        return self.x

    def __len__(self) -> int:
        """The number of graphs."""
        return len(self.nodes) - 1

    def map(self, f: Callable[[Tensor], Tensor]) -> RaggedGraphs:
        """Apply f to every tensor inside."""
        return RaggedGraphs(f(self.x), f(self.edges), f(self.nodes), f(self.ties))

    def join(self, other: RaggedGraphs) -> RaggedGraphs:
        """These graphs with others behind them."""
        edges = torch.cat([self.edges, other.edges + len(self.x)], 1)
        nodes = torch.cat([self.nodes, other.nodes[1:] + len(self.x)])
        ties = torch.cat([self.ties, other.ties[1:] + self.edges.shape[1]])
        return RaggedGraphs(torch.cat([self.x, other.x]), edges, nodes, ties)

    def take(self, rows: Tensor) -> RaggedGraphs:
        """Select graphs [k] without collating them one by one."""
        places, nodes, _ = _spans(self.nodes, rows)
        which, ties, graph = _spans(self.ties, rows)
        moved = (nodes[:-1] - self.nodes[rows])[graph]  # added to old node numbers to get the new ones, per edge
        return RaggedGraphs(self.x[places], self.edges[:, which] + moved, nodes, ties)

    @property
    def graph(self) -> Tensor:
        """The number of each node's graph. [M] int64."""
        return torch.repeat_interleave(self.nodes.diff())


def _spans(starts: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(members of the chosen spans, where each span now begins, the span of each member)."""
    counts = starts[rows + 1] - starts[rows]
    begins = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    span = torch.repeat_interleave(counts)
    return torch.arange(len(span), device=span.device) - begins[span] + starts[rows][span], begins, span
