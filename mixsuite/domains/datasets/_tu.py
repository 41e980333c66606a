"""Reading the TU collection's text files, for the data sets that come in them."""

from pathlib import Path

import numpy as np

from mixsuite.domains.contract import Raw

DEGREES = 64  # a node without features has its degree as one-hot, higher ones taken as this


def tu_files(folder: Path, name: str) -> list[Path]:
    """The text files of a set: the three that every set has, and those that are there besides."""
    needed = [folder / f"{name}_{part}.txt" for part in ("A", "graph_indicator", "graph_labels")]
    return sorted({*needed, *folder.glob(f"{name}_node_*.txt")})


def read_tu(folder: Path, name: str) -> Raw:
    """Graphs as pairs (features [V, F], edges [2, E]); attributes first, then one-hot node labels."""
    from torch_geometric.io import read_tu_data

    data, slices, _ = read_tu_data(str(folder), name)
    # Nodes are counted in the file itself: a graph without edges or features has nodes all the same.
    owner = np.loadtxt(folder / f"{name}_graph_indicator.txt", dtype=np.int64, ndmin=1) - 1
    nodes = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(data.y)))])
    edges, ties = data.edge_index.numpy(), slices["edge_index"].numpy()
    graphs = np.empty(len(data.y), dtype=object)
    for g in range(len(data.y)):
        tie = edges[:, ties[g] : ties[g + 1]]
        count = int(nodes[g + 1] - nodes[g])
        if data.x is not None:
            features = data.x.numpy()[nodes[g] : nodes[g + 1]]
        else:
            degree = np.bincount(tie[0], minlength=count).clip(max=DEGREES)
            features = np.eye(DEGREES + 1, dtype=np.float32)[degree]
        graphs[g] = (features, tie)
    return Raw(graphs, data.y.numpy())
