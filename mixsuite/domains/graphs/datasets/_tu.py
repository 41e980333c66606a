"""Read the TU collection's text files."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mixsuite.domains import Raw
from mixsuite.errors import InputError

_MOST_LABELS = 4096  # columns of one-hot node labels
DEGREES = 64  # the feature of a node without features is its one-hot degree, at most this


def tu_files(folder: Path, name: str) -> list[Path]:
    """The text files of a set: the three that every set has, and any files of node features."""
    needed = [folder / f"{name}_{part}.txt" for part in ("A", "graph_indicator", "graph_labels")]
    return sorted({*needed, *folder.glob(f"{name}_node_*.txt")})


def read_tu(folder: Path, name: str) -> Raw:
    """Read graphs as pairs (features [V, F], edges [2, E]), with attributes before one-hot node labels.

    This agrees with torch_geometric: edges are sorted, without loops and repeats, and classes and labels are numbered
    in order.

    Raises:
        InputError: a file cannot be read, or its numbers do not fit together; the message names file and line.
    """
    files = {path.stem[len(name) + 1 :]: path for path in tu_files(folder, name)}
    y = np.unique(_whole(files["graph_labels"], 1)[:, 0], return_inverse=True)[1]
    owner = _whole(files["graph_indicator"], 1)[:, 0] - 1
    _refuse(files["graph_indicator"], (owner < 0) | (owner >= len(y)), f"a graph that is none of the {len(y)}")
    back = np.concatenate([[False], owner[1:] < owner[:-1]])
    _refuse(files["graph_indicator"], back, "a graph before the one of the line above")
    sizes = np.bincount(owner, minlength=len(y))
    _refuse(files["graph_labels"], sizes == 0, "a graph without nodes")
    nodes = np.concatenate([[0], np.cumsum(sizes)])
    ties = _whole(files["A"], 2) - 1
    _refuse(files["A"], ((ties < 0) | (ties >= len(owner))).any(1), f"a node that is none of the {len(owner)}")
    _refuse(files["A"], owner[ties[:, 0]] != owner[ties[:, 1]], "an edge between two graphs")
    edges = np.unique(ties, axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    ties = np.searchsorted(edges[:, 0], nodes)
    columns = []
    if "node_attributes" in files:
        values = _numbers(files["node_attributes"], len(owner))
        _refuse(files["node_attributes"], (np.abs(values) > np.finfo(np.float32).max).any(1), "a number too large")
        columns.append(values.astype(np.float32))
    if "node_labels" in files:
        labels = _whole(files["node_labels"], rows=len(owner))
        labels = labels - labels.min(0)
        _refuse(files["node_labels"], (labels >= _MOST_LABELS).any(1), f"labels over a range of {_MOST_LABELS}")
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


def _numbers(path: Path, rows: int | None = None, width: int | None = None) -> np.ndarray:
    """Read a file's numbers. [lines, numbers per line].

    rows, width: how many there must be; None: any.

    Raises:
        InputError: it has another number of lines, a line of another width, or a text that is no finite number.
    """
    try:
        lines = path.read_bytes().rstrip().count(b"\n") + 1  # blank ones at the end are none
        frame = pd.read_csv(
            path, header=None, nrows=lines, skipinitialspace=True, skip_blank_lines=False, float_precision="round_trip"
        )
        values: np.ndarray = frame.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty") from None
    except (ValueError, OSError, OverflowError) as error:  # pandas' ParserError, which names the line, is a ValueError
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if width is not None and frame.shape[1] != width:
        raise InputError(f"{path}, line 1: {frame.shape[1]} numbers, wanted are {width}")
    if rows is not None and len(frame) != rows:
        raise InputError(f"{path}: {len(frame)} lines, but there are {rows} nodes")
    _refuse(path, ~np.isfinite(values).all(1), "something that is no finite number, or too few of them")
    return values


def _whole(path: Path, width: int | None = None, rows: int | None = None) -> np.ndarray:
    """Read a file's whole numbers; as ``_numbers``."""
    values = _numbers(path, rows, width)
    _refuse(path, (values != np.round(values)).any(1) | (np.abs(values) > 2**53).any(1), "no whole number")
    return values.astype(np.int64)


def _refuse(path: Path, bad: Any, what: str) -> None:
    """Refuse a file for its first bad line. bad: [lines]."""
    if bad.any():
        raise InputError(f"{path}, line {int(np.argmax(bad)) + 1}: {what}")
