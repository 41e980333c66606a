"""Read graphs from edge lists: graphs.csv, edges.csv and, where there is one, nodes.csv."""

import csv
import re

import numpy as np

from mixsuite.domains import Raw
from mixsuite.domains.graphs.datasets._tu import DEGREES
from mixsuite.errors import InputError

_GRAPHS, _EDGES, _NODES = ["graph", "label"], ["graph", "source", "target"], ["graph", "node"]
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_LARGEST = float(np.finfo(np.float32).max)
_NODE = re.compile(r"[0-9]{1,9}", re.ASCII)


def edge_files(folder):
    """The files that are read: the two that every set has, and nodes.csv if it is there."""
    nodes = folder / "nodes.csv"
    return [folder / "graphs.csv", folder / "edges.csv", *([nodes] if nodes.exists() or nodes.is_symlink() else [])]


def read_edges(folder, kind):
    """Read graphs as pairs (features [V, F], edges [2, E]), in the order of graphs.csv.

    Edges have no direction: a,b and b,a are one edge, and come as both pairs, sorted. Nodes are numbered from 0 in each
    graph. Without features the feature of a node is its one-hot degree, at most 64, as in TU sets.

    Args:
        folder: a path.
        kind: "class" or "regression".

    Raises:
        InputError: a file cannot be read, or the files do not fit together; the message names file and line.
    """
    for path in edge_files(folder):
        if path.is_symlink():
            raise InputError(f"{path}: is a link, and nothing outside {folder} is read; put the file in its place")
    names, y = _read_graphs(folder / "graphs.csv", kind)
    pairs = _read_pairs(folder / "edges.csv", names)
    path = folder / "nodes.csv"
    features = _read_nodes(path, names) if path.exists() else None
    sizes = _sizes_of_edges(folder, names, pairs) if features is None else [len(nodes) for nodes in features]
    x = np.empty(len(names), dtype=object)
    for g in range(len(names)):
        found = np.array(sorted(pairs[g]), dtype=np.int64).reshape(-1, 3)
        out = found[:, :2].max(1, initial=-1) >= sizes[g]
        if out.any():
            one, other, line = found[int(np.argmax(out))]
            what = f"node {max(one, other)} of a graph whose {sizes[g]} nodes are numbered from 0"
            raise InputError(f"{folder / 'edges.csv'}, line {line}: {what}")
        both = np.concatenate([found[:, :2], found[:, 1::-1]])
        edges = both[np.lexsort((both[:, 1], both[:, 0]))].T
        if features is None or features[g].shape[1] == 0:
            degree = np.bincount(edges[0], minlength=sizes[g]).clip(max=DEGREES)
            x[g] = (np.eye(DEGREES + 1, dtype=np.float32)[degree], edges)
        else:
            x[g] = (features[g], edges)
    return Raw(x, y)


def _rows(path, wanted, more=False):
    """(columns beyond the wanted ones, (line, cells) of each row) of a CSV file. more: whether there may be any.

    Raises:
        InputError: the file cannot be read, has other columns, or a row of another width.
    """
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if header[: len(wanted)] != wanted or (header[len(wanted) :] and not more):
                names = ",".join(wanted) + ",FEATURE,..." * more
                raise InputError(f"{path}, line 1: '{','.join(header)[:80]}'; wanted are the columns {names}")
            for row in reader:
                if row and len(row) != len(header):
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(row)} cells, but the first line has {len(header)}"
                    )
                if row:
                    rows.append((reader.line_num, row))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not rows:
        raise InputError(f"{path}: has no rows below its first line")
    return header[len(wanted) :], rows


def _read_graphs(path, kind):
    """(graph -> its number, targets [graphs]). Classes are numbered in the order of their names."""
    _, rows = _rows(path, _GRAPHS)
    names: dict[str, int] = {}
    labels = []
    for line, (graph, label) in rows:
        if not graph.strip() or graph in names:
            what = f"graph '{graph}' a second time" if graph in names else "a graph without a name"
            raise InputError(f"{path}, line {line}: {what}")
        if not label.strip():
            raise InputError(f"{path}, line {line}: a graph without a label")
        names[graph] = len(names)
        labels.append(_number(label, path, line) if kind == "regression" else label)
    if kind == "regression":
        return names, np.array(labels)
    found = sorted(set(labels))
    values: dict[float | str, str] = {}
    for label in found:
        value = float(label) if _NUMBER.fullmatch(label.strip()) else label.strip()
        if value in values:
            raise InputError(f"{path}: labels '{values[value]}' and '{label}' would be one; write them alike")
        values[value] = label
    if len(found) > max(2, len(labels) // 2):
        what = f"{len(found)} different labels in {len(labels)} rows"
        raise InputError(f"{path}: {what}; for a number to predict, add (kind=regression)")
    return names, np.array([found.index(label) for label in labels])


def _read_pairs(path, names):
    """(one node, other node, line) of each edge, for each graph; the smaller node first."""
    pairs: list[list[tuple[int, int, int]]] = [[] for _ in names]
    seen: dict[tuple[int, int, int], int] = {}
    for line, (graph, source, target) in _rows(path, _EDGES)[1]:
        place = _place(graph, names, path, line)
        one, other = _node(source, path, line), _node(target, path, line)
        if one == other:
            raise InputError(f"{path}, line {line}: an edge from node {one} to itself")
        if (place, one, other) in seen:
            raise InputError(f"{path}, line {line}: the edge of line {seen[place, one, other]} a second time")
        if (place, other, one) not in seen:
            pairs[place].append((min(one, other), max(one, other), line))
        seen[place, one, other] = line
    return pairs


def _read_nodes(path, names):
    """Features [V, F] of each graph's nodes, in the order of their numbers."""
    columns, rows = _rows(path, _NODES, more=True)
    twice = [name for name in columns if columns.count(name) > 1 or not name.strip()]
    if twice:
        raise InputError(f"{path}, line 1: a feature without a name, or a second one called '{twice[0]}'")
    found: list[dict[int, list[float]]] = [{} for _ in names]
    for line, (graph, node, *cells) in rows:
        place, number = _place(graph, names, path, line), _node(node, path, line)
        if number in found[place]:
            raise InputError(f"{path}, line {line}: node {number} of graph '{graph}' a second time")
        found[place][number] = [_number(cell, path, line) for cell in cells]
    for graph, place in names.items():
        nodes = found[place]
        if not nodes:
            raise InputError(f"{path}: graph '{graph}' has no nodes")
        if max(nodes) >= len(nodes):
            lost = next(number for number in range(len(nodes)) if number not in nodes)
            raise InputError(
                f"{path}: graph '{graph}' has node {max(nodes)} and no node {lost}; nodes are 0, 1, 2, ..."
            )
    return [np.array([nodes[v] for v in range(len(nodes))], np.float32).reshape(len(nodes), -1) for nodes in found]


def _sizes_of_edges(folder, names, pairs):
    """The number of nodes of each graph, if each of its nodes has an edge."""
    sizes = []
    for graph, place in names.items():
        nodes = {node for one, other, _ in pairs[place] for node in (one, other)}
        what = f"{folder / 'edges.csv'}: graph '{graph}' has no"
        if not nodes:
            raise InputError(f"{what} edges, so no nodes; nodes without edges stand in nodes.csv")
        if max(nodes) >= len(nodes):
            lost = next(number for number in range(len(nodes)) if number not in nodes)
            raise InputError(
                f"{what} edge of node {lost}; nodes are 0, 1, 2, ..., and those without edges stand in nodes.csv"
            )
        sizes.append(len(nodes))
    return sizes


def _place(graph, names, path, line):
    if graph not in names:
        raise InputError(f"{path}, line {line}: graph '{graph[:80]}' does not stand in graphs.csv")
    return names[graph]


def _node(text, path, line):
    if not _NODE.fullmatch(text.strip()):
        raise InputError(
            f"{path}, line {line}: '{text[:80]}' is no node; nodes are numbered 0, 1, 2, ... in each graph"
        )
    return int(text)


def _number(text, path, line):
    value = float(text) if _NUMBER.fullmatch(text.strip()) else np.nan
    if not abs(value) <= _LARGEST:
        raise InputError(f"{path}, line {line}: '{text[:80]}' is no number from -{_LARGEST:.2g} to {_LARGEST:.2g}")
    return value
