"""Read the TU collection's text files."""

from pathlib import Path

import numpy as np
import pandas as pd

from mixsuite.domains import Raw

DEGREES = 64  # the feature of a node without features is its one-hot degree, at most this


def tu_files(folder: Path, name: str) -> list[Path]:
    """The text files of a set: the three that every set has, and any files of node features."""
    needed = [folder / f"{name}_{part}.txt" for part in ("A", "graph_indicator", "graph_labels")]
    return sorted({*needed, *folder.glob(f"{name}_node_*.txt")})


def read_tu(folder: Path, name: str) -> Raw:
    """Read graphs as pairs (features [V, F], edges [2, E]), with attributes before one-hot node labels.

    This agrees with torch_geometric: edges are sorted, without loops and repeats, and classes and labels are numbered
    in order.
    """
    files = {path.stem[len(name) + 1 :]: path for path in tu_files(folder, name)}
    owner = _column(files["graph_indicator"])[:, 0] - 1
    y = np.unique(_column(files["graph_labels"])[:, 0], return_inverse=True)[1]
    nodes = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(y)))])
    edges = np.unique(_column(files["A"]) - 1, axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    ties = np.searchsorted(edges[:, 0], nodes)
    columns = [_column(files["node_attributes"], np.float32)] if "node_attributes" in files else []
    if "node_labels" in files:
        labels = _column(files["node_labels"])
        labels = labels - labels.min(0)
        columns += [
            np.eye(size + 1, dtype=np.float32)[label] for label, size in zip(labels.T, labels.max(0), strict=True)
        ]
    graphs = np.empty(len(y), dtype=object)
    for g in range(len(y)):
        tie = (edges[ties[g] : ties[g + 1]] - nodes[g]).T
        count = int(nodes[g + 1] - nodes[g])
        if columns:
            features = np.concatenate([column[nodes[g] : nodes[g + 1]] for column in columns], axis=1)
        else:
            degree = np.bincount(tie[0], minlength=count).clip(max=DEGREES)
            features = np.eye(DEGREES + 1, dtype=np.float32)[degree]
        graphs[g] = (features, tie)
    return Raw(graphs, y)


def _column(path: Path, dtype: type = np.int64) -> np.ndarray:
    """Read a file's numbers. [lines, numbers per line]."""
    return pd.read_csv(path, header=None, skipinitialspace=True).to_numpy(dtype)
