"""Graphs of a batch with their nodes packed one after another, where they would be padded."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without torch's words on sparse tensors: that they are in beta, and that it does not check their form."""
    with warnings.catch_warnings(), torch.sparse.check_sparse_tensor_invariants(enable=False):
        warnings.simplefilter("ignore")
        yield


class Sparse:
    """A sparse matrix [R, C] and its transpose, to multiply rows of numbers by; its own entries are constants."""

    def __init__(self, rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> None:
        """rows, columns, values: [E] of its entries, in the order of rows."""
        turned = torch.argsort(columns, stable=True)
        self.matrix = _by_rows(rows, columns, values, shape)
        self.transpose = _by_rows(columns[turned], rows[turned], values[turned], shape[::-1])

    def __matmul__(self, x: Tensor) -> Tensor:
        """[C, F] -> [R, F]."""
        return _Product.apply(x, self.matrix, self.transpose)  # type: ignore[no-any-return, no-untyped-call]


def _by_rows(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, ...]) -> Tensor:
    begins = torch.cat([rows.new_zeros(1), torch.bincount(rows, minlength=shape[0]).cumsum(0)])
    with _quietly():
        return torch.sparse_csr_tensor(begins, columns, values, shape)


class _Product(torch.autograd.Function):
    """A sparse matrix times rows, whose derivative is the transpose times the gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, transpose: Tensor) -> Tensor:
        ctx.matrix, ctx.transpose = matrix, transpose
        with _quietly():
            return matrix @ x

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        return _Product.apply(slope, ctx.transpose, ctx.matrix), None, None  # type: ignore[no-untyped-call]


class Ties:
    """The ties of packed graphs, in place of their adjacency.

    ties:  [M, M] between all nodes of the batch.
    nodes: [N, M] the weight of each node in its graph.
    """

    def __init__(self, adjacency: Tensor, mask: Tensor, used: Tensor) -> None:
        """adjacency [N, V, V], mask [N, V], used [N, V] whether a place has a node."""
        count, number = int(used.sum()), used.flatten().cumsum(0).reshape(used.shape) - 1
        graph, to, of = adjacency.nonzero(as_tuple=True)
        there = used[graph, to] & used[graph, of]
        graph, to, of = graph[there], to[there], of[there]
        self.ties = Sparse(number[graph, to], number[graph, of], adjacency[graph, to, of], (count, count))
        owner = used.nonzero()[:, 0]
        self.nodes = Sparse(owner, torch.arange(count), mask[used], (len(used), count))
        self.total = mask.sum(1, keepdim=True)

    def __matmul__(self, x: Tensor) -> Tensor:
        """What comes to each node from its neighbours. [1, M, F] -> [1, M, F]."""
        return (self.ties @ x[0])[None]

    def summed(self, x: Tensor) -> Tensor:
        """The sum over each graph's nodes, weighted by the mask. [1, M, F] -> [N, F]."""
        return self.nodes @ x[0]

    def mean(self, x: Tensor) -> Tensor:
        """The mean over each graph's nodes, weighted by the mask. [1, M, F] -> [N, F]."""
        return self.summed(x) / self.total.clamp(min=1e-6)
