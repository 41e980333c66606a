"""Graphs from edge lists: read as pandas and torch_geometric read them, or refused in one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.utils import degree, to_undirected

from mixsuite.domains.build import make_data
from mixsuite.domains.graphs.datasets._edges import read_edges
from mixsuite.domains.graphs.domain import Graphs
from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset, verify


def write_random(folder, count=30, both=0.3, seed=0, features=2):
    """Random graphs of two kinds, sparse and dense. both: the share of edges that stand in both orders."""
    draws = np.random.default_rng(seed)
    graphs, edges, nodes = [], [], []
    for g in range(count):
        size, dense = int(draws.integers(3, 9)), g % 2
        graphs.append((f"g{g}", "dense" if dense else "sparse"))
        pairs = [(i, i + 1) for i in range(size - 1)]
        pairs += [(i, j) for i in range(size) for j in range(i + 2, size) if draws.random() < (0.8 if dense else 0.1)]
        for a, b in pairs:
            a, b = (a, b) if draws.random() < 0.5 else (b, a)
            edges += [(f"g{g}", a, b)] + [(f"g{g}", b, a)] * (draws.random() < both)
        nodes += [(f"g{g}", v, *draws.normal(size=features).round(3)) for v in draws.permutation(size)]
    draws.shuffle(edges)
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(graphs, columns=["graph", "label"]).to_csv(folder / "graphs.csv", index=False)
    pd.DataFrame(edges, columns=["graph", "source", "target"]).to_csv(folder / "edges.csv", index=False)
    columns = ["graph", "node", *(f"f{i}" for i in range(features))]
    pd.DataFrame(nodes, columns=columns).to_csv(folder / "nodes.csv", index=False)
    return folder


@pytest.mark.parametrize("nodes", ["features", "numbers alone", "no file"])
def test_graphs_are_those_of_pandas_and_torch_geometric(tmp_path, nodes):
    folder = write_random(tmp_path, features=0 if nodes == "numbers alone" else 2)
    if nodes == "no file":
        (folder / "nodes.csv").unlink()
    raw = open_dataset(f"edges:{folder}").load(Path())
    graphs, edges = (pd.read_csv(folder / f"{name}.csv") for name in ("graphs", "edges"))
    assert raw.y.tolist() == graphs["label"].map({"dense": 0, "sparse": 1}).tolist()
    for (features, found), name in zip(raw.x, graphs["graph"], strict=True):
        pairs = edges.loc[edges["graph"] == name, ["source", "target"]].to_numpy().T
        wanted = to_undirected(torch.from_numpy(pairs.copy()))
        assert np.array_equal(found, wanted.numpy())
        if nodes == "features":
            rows = pd.read_csv(folder / "nodes.csv").query("graph == @name").sort_values("node")
            assert np.array_equal(features, rows[["f0", "f1"]].to_numpy(np.float32))
        else:
            assert features.argmax(1).tolist() == degree(wanted[0], len(features)).tolist()
            assert features.shape[1] == 65
    data = make_data(Graphs(), open_dataset(f"edges:{folder}"), raw, 0)
    assert data.classes == 2


def test_labels_may_be_numbers_to_predict(tmp_path):
    folder = write_random(tmp_path)
    table = pd.read_csv(folder / "graphs.csv").assign(label=np.random.default_rng(1).normal(size=30))
    table.to_csv(folder / "graphs.csv", index=False)
    with pytest.raises(
        InputError, match=r"30 different labels in 30 rows; for a number to predict, add \(kind=regression\)"
    ):
        open_dataset(f"edges:{folder}").load(Path())
    raw = open_dataset(f"edges:{folder}(kind=regression)").load(Path())
    assert raw.y.tolist() == pd.read_csv(folder / "graphs.csv", float_precision="round_trip")["label"].tolist()


def test_nodes_without_edges_stand_in_the_file_of_nodes(tmp_path):
    write(tmp_path, nodes="graph,node\np,0\np,1\np,2\nq,1\nq,0\n")
    raw = read_edges(tmp_path, "class")
    assert [len(features) for features, _ in raw.x] == [3, 2]
    assert raw.x[0][0].argmax(1).tolist() == [1, 1, 0]


FILES = {"graphs": "graph,label\np,u\nq,v\n", "edges": "graph,source,target\np,0,1\nq,1,0\n"}


def write(folder, **changes):
    for name, text in (FILES | changes).items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())


NODES = "graph,node,size\np,0,1\np,1,2\nq,0,3\nq,1,4\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"edges": FILES["edges"] + "r,0,1\n"}, "edges.csv, line 4: graph 'r' does not stand in graphs.csv"),
        ({"edges": FILES["edges"] + "p,0,1\n"}, "edges.csv, line 4: the edge of line 2 a second time"),
        ({"edges": FILES["edges"] + "p,1,1\n"}, "edges.csv, line 4: an edge from node 1 to itself"),
        ({"edges": FILES["edges"] + "p,1\n"}, "edges.csv, line 4: 2 cells, but the first line has 3"),
        ({"edges": FILES["edges"] + "p,-1,0\n"}, "edges.csv, line 4: '-1' is no node; nodes are numbered 0, 1, 2, ..."),
        ({"edges": FILES["edges"] + "p,1.0,0\n"}, "edges.csv, line 4: '1.0' is no node"),
        ({"edges": FILES["edges"] + "p,1,\n"}, "edges.csv, line 4: '' is no node"),
        ({"edges": "graph,source,target\np,0,1\n"}, "edges.csv: graph 'q' has no edges, so no nodes; nodes without edges"),
        ({"edges": "graph,source,target\np,1,2\nq,0,1\n"}, "edges.csv: graph 'p' has no edge of node 0; nodes are 0, 1"),
        ({"edges": "graph,source,target,weight\np,0,1,2\n"}, "line 1: 'graph,source,target,weight'; wanted are the columns graph,source,target"),
        ({"edges": "graph,source,target\n"}, "edges.csv: has no rows below its first line"),
        ({"edges": ""}, "edges.csv, line 1: ''; wanted are the columns graph,source,target"),
        ({"edges": b"graph,source,target\n\xff,0,1\n"}, "edges.csv: cannot be read: 'utf-8' codec"),
        ({"edges": FILES["edges"] + '"p,0,1\n'}, "edges.csv: cannot be read: unexpected end of data"),
        ({"graphs": "graph,label\np,u\np,v\n"}, "graphs.csv, line 3: graph 'p' a second time"),
        ({"graphs": "graph,label\np,u\nq,\n"}, "graphs.csv, line 3: a graph without a label"),
        ({"graphs": "graph,label\np,u\n,v\n"}, "graphs.csv, line 3: a graph without a name"),
        ({"graphs": "graph,label\np,1\nq,1.0\n"}, "graphs.csv: labels '1' and '1.0' would be one; write them alike"),
        ({"nodes": NODES + "q,1,4\n"}, "nodes.csv, line 6: node 1 of graph 'q' a second time"),
        ({"nodes": NODES + "q,3,4\n"}, "nodes.csv: graph 'q' has node 3 and no node 2; nodes are 0, 1, 2, ..."),
        ({"nodes": NODES + "q,2,red\n"}, "nodes.csv, line 6: 'red' is no number from -3.4e+38 to 3.4e+38"),
        ({"nodes": NODES + "q,2,1e39\n"}, "nodes.csv, line 6: '1e39' is no number from -3.4e+38 to 3.4e+38"),
        ({"nodes": NODES + "q,2,nan\n"}, "nodes.csv, line 6: 'nan' is no number from -3.4e+38 to 3.4e+38"),
        ({"nodes": NODES + "r,0,1\n"}, "nodes.csv, line 6: graph 'r' does not stand in graphs.csv"),
        ({"nodes": "graph,node,size\np,0,1\np,1,2\n"}, "nodes.csv: graph 'q' has no nodes"),
        ({"nodes": "graph,node,a,a\np,0,1,1\n"}, "nodes.csv, line 1: a feature without a name, or a second one called 'a'"),
        ({"nodes": NODES, "edges": FILES["edges"] + "p,2,0\n"}, "edges.csv, line 4: node 2 of a graph whose 2 nodes are numbered from 0"),
    ],
)  # fmt: skip
def test_files_that_do_not_fit_name_file_and_line(tmp_path, changes, said):
    write(tmp_path, **changes)
    with pytest.raises(InputError) as error:
        read_edges(tmp_path, "class")
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_numbers_to_predict_are_numbers(tmp_path):
    write(tmp_path)
    with pytest.raises(InputError, match=r"graphs.csv, line 2: 'u' is no number from"):
        open_dataset(f"edges:{tmp_path}(kind=regression)").load(Path())


def test_a_file_that_is_missing_or_a_link_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "graphs.csv").symlink_to(tmp_path / "graphs.csv")
    dataset = open_dataset(f"edges:{tmp_path / 'set'}")
    with pytest.raises(InputError, match=r"edges.csv does not exist; wanted are graphs.csv and edges.csv"):
        dataset.fingerprint(tmp_path)
    with pytest.raises(InputError, match=r"graphs.csv: is a link, and nothing outside"):
        dataset.load(tmp_path)


def test_verify_reads_the_graphs(tmp_path):
    item = verify(f"edges:{write_random(tmp_path / 'set')}", tmp_path / "root")
    assert item.files == 3
    assert item.note.startswith("30 rows (")
    assert "2 classes, recipe tu_gin" in item.note


RECIPE = '[recipes.gin]\nmodel = "gin(width=8, layers=2)"\noptimizer = "adam"\nlr = 0.01\nsteps = 3\nbatch = 4\n'


@pytest.mark.slow
def test_edge_lists_train_for_two_seeds(mixsuite, tmp_path):
    folder = write_random(tmp_path / "set")
    text = f'seeds = "0-1"\ndatasets = ["edges:{folder}@gin"]\nmethods = ["erm", "mixup"]\n{RECIPE}'
    (tmp_path / "m.toml").write_text(text)
    found = mixsuite("run", tmp_path / "m.toml", "--out", tmp_path / "out")
    assert found.status == 0, found.err
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert set(runs["seed"]) == {0, 1}
