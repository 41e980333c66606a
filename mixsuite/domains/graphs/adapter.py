"""Encode graphs, padded and dense if all are small and ragged otherwise."""

from __future__ import annotations

import numpy as np
import torch

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Domain, Encoded
from mixsuite.errors import InputError
from mixsuite.models.ragged import RaggedGraphs

DENSE_UP_TO = 128  # nodes


class GraphsAdapter(Domain):
    """Graphs. Feature columns with values other than 0 and 1 are standardised over the training part's nodes."""

    requires = ("torch_geometric",)
    step_seconds = 5e-3

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode n pairs (features [V, F], edges [2, E]) as padded and dense, or as ragged graphs.

        Raises:
            InputError: a graph has no nodes, or features or edges of another form.
        """
        _check_graphs(raw.x)
        sizes = np.array([len(features) for features, _ in raw.x])
        graphs, nodes = list(raw.x[rows]), sizes[rows]
        x = np.concatenate([features for features, _ in graphs]).astype(np.float32)
        graph = np.repeat(np.arange(len(rows)), nodes)
        train_x = x[np.isin(graph, train)]
        scaled = ((train_x != 0) & (train_x != 1)).any(0)
        std = train_x.std(0, dtype=np.float64)
        x = np.where(scaled, (x - train_x.mean(0, dtype=np.float64)) / np.where(std > 0, std, 1), x).astype(np.float32)
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


def _check_graphs(graphs: np.ndarray) -> None:
    """Refuse what is no pair of features [V, F] and edges [2, E] between its nodes.

    Raises:
        InputError: a graph is of this kind; the message gives its number.
    """
    width = None
    for place, graph in enumerate(graphs):
        if not isinstance(graph, tuple | list) or len(graph) != 2:
            raise InputError(f"graph {place} is no pair (features [V, F], edges [2, E])")
        features, edges = map(np.asarray, graph)
        width = features.shape[-1] if width is None and features.ndim == 2 else width
        if features.ndim != 2 or features.shape[1] != width or features.dtype.kind not in "biuf":
            shape = f"features are {features.dtype} {list(features.shape)}"
            raise InputError(f"graph {place}: {shape}; wanted are numbers [V, {width or 'F'}]")
        if not len(features):
            raise InputError(f"graph {place} has no nodes")
        if edges.ndim != 2 or len(edges) != 2 or (edges.size and edges.dtype.kind not in "iu"):
            raise InputError(f"graph {place}: edges are {edges.dtype} {list(edges.shape)}; wanted are integers [2, E]")
        if edges.size and not 0 <= edges.min() <= edges.max() < len(features):
            odd = edges[(edges < 0) | (edges >= len(features))][0]
            raise InputError(f"graph {place}: an edge to node {odd}, but its {len(features)} nodes are numbered from 0")
