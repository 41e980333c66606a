"""Graphs: dense equals sparse, batches without collating, mixing at the input, what is refused."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch as Collated
from torch_geometric.data import Data as Graph

from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.base import Dataset
from mixsuite.data.rows import Raw
from mixsuite.data.state import take_rows
from mixsuite.domains.graphs.domain import DENSE_UP_TO, Graphs
from mixsuite.models.graphs.ragged import RaggedGraphs
from mixsuite.errors import InputError, SkipRun
from mixsuite.plugins.validate import check_model
from mixsuite.training.recipe import Recipe
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.training.job import Job
from mixsuite.training.loop import train


class Toys(Dataset):
    domain = "graphs"
    classes = 2

    def load(self, root):
        raise NotImplementedError


def graphs(n=30, low=2, high=9, features=4, seed=0):
    draws = np.random.default_rng(seed)
    x = np.empty(n, dtype=object)
    for g in range(n):
        nodes = int(draws.integers(low, high))
        upper = np.triu(draws.random((nodes, nodes)) < 0.4, 1)
        edges = np.stack(np.nonzero(upper | upper.T))
        x[g] = (np.eye(features, dtype=np.float32)[draws.integers(features, size=nodes)], edges)
    return Raw(x, np.arange(n) % 2)


def a_job(method, raw, model="gin(width=6, layers=2)", dtype=torch.float32):
    recipe = check_model(Recipe, {"model": model, "optimizer": "sgd", "lr": 0.05, "steps": 8, "batch": 6}, "test")
    data = make_data(Graphs(), Toys(), raw, 0, dtype=dtype)
    return Job("graphs", data, make_model(Graphs(), data, recipe, 0), make_method(resolve_method(method)), recipe, 0)


def ragged(raw):
    """The same graphs unpadded."""
    import mixsuite.models.graphs.gin as module

    old, module.DENSE_UP_TO = module.DENSE_UP_TO, 0
    try:
        return Graphs().encode(raw, np.arange(len(raw.x)), np.arange(len(raw.x))).x
    finally:
        module.DENSE_UP_TO = old


def test_padded_graphs_hold_features_adjacency_and_mask():
    raw = graphs(10)
    x, adjacency, mask = Graphs().encode(raw, np.arange(10), np.arange(10)).x
    for g, (features, edges) in enumerate(raw.x):
        assert torch.equal(x[g, : len(features)], torch.from_numpy(features))
        assert int(mask[g].sum()) == len(features)
        assert adjacency[g].nonzero().tolist() == sorted(edges.T.tolist())
        assert x[g, len(features) :].eq(0).all()


def test_picking_ragged_graphs_is_collating_them():
    raw = graphs(12)
    rows = torch.tensor([7, 2, 2, 11, 0])
    picked = take_rows(ragged(raw), rows)
    collated = Collated.from_data_list(
        [Graph(x=torch.from_numpy(raw.x[i][0]), edge_index=torch.from_numpy(raw.x[i][1])) for i in rows]
    )
    assert isinstance(picked, RaggedGraphs)
    assert torch.equal(picked.x, collated.x)
    assert torch.equal(picked.edges, collated.edge_index)
    assert torch.equal(picked.graph, collated.batch)
    assert torch.equal(picked.nodes, collated.ptr)


@pytest.mark.parametrize("readout", ["sum", "mean"])
@pytest.mark.parametrize("kind", ["gin", "gcn"])
def test_dense_equals_sparse_in_training_mode_running_statistics_included(kind, readout):
    raw = graphs(30)
    model = f"{kind}(width=6, layers=3, readout={readout})"
    dense = a_job("erm", raw, model, torch.float64)
    import mixsuite.models.graphs.gin as module

    old, module.DENSE_UP_TO = module.DENSE_UP_TO, 0
    try:
        sparse = a_job("erm", raw, model, torch.float64)
    finally:
        module.DENSE_UP_TO = old
    assert isinstance(sparse.data.train.x, RaggedGraphs)
    assert list(sparse.model.sites) == ["embedding"]
    weights = [p.detach().clone() for p in dense.model.parameters()]
    with torch.no_grad():
        for p, w in zip(sparse.model.parameters(), weights, strict=True):
            p.copy_(w)
    a, b = (train(j) for j in (dense, sparse))
    for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-11, rtol=1e-9)
    mine = {k.rsplit(".", 1)[1]: v for k, v in a.model.state_dict().items() if "running" in k}
    theirs = {k.rsplit(".", 1)[1]: v for k, v in b.model.state_dict().items() if "running" in k}
    for name in mine:
        torch.testing.assert_close(mine[name], theirs[name], atol=1e-11, rtol=1e-9)
    assert not torch.equal(next(a.model.parameters()), weights[0])


def test_continuous_columns_alone_are_standardised_by_the_training_graphs():
    raw = graphs(6)
    draws = np.random.default_rng(1)
    wide = np.empty(6, dtype=object)
    for g, (features, edges) in enumerate(raw.x):
        wide[g] = (np.hstack([features, draws.normal(5, 3, size=(len(features), 1))]).astype(np.float32), edges)
    x, _, mask = Graphs().encode(Raw(wide, raw.y), np.arange(6), np.arange(3)).x
    assert set(x[:, :, :4].unique().tolist()) <= {0.0, 1.0}
    seen = x[:3, :, 4][mask[:3, :, 0] > 0]
    assert float(seen.mean()) == pytest.approx(0, abs=1e-5)
    assert float(seen.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_large_graphs_are_mixed_at_the_embedding_alone():
    raw = graphs(30)
    raw.x[3] = (np.eye(4, dtype=np.float32)[np.zeros(DENSE_UP_TO + 1, dtype=int)], np.zeros((2, 0), dtype=np.int64))
    with pytest.raises(SkipRun, match=r"no site 'input' here \(this task has: embedding\)"):
        train(a_job("mixup", raw))
    for method in (
        "erm",
        "mixup(site=embedding)",
        "manifold_mixup",
        "multi_mix(site=embedding)",
        "mixupe(site=embedding)",
    ):
        first, again = (train(a_job(method, raw)).digests for _ in "ab")
        assert first == again


PICTURES = {"cutmix", "fmix", "gridmix", "resizemix", "saliencymix"}


def test_every_method_runs_on_padded_graphs_or_says_why_not():
    from mixsuite.plugins import load as plugins

    raw = graphs(30)
    for name in plugins.names(plugins.METHODS):
        if name in PICTURES | {"specmix", "column_cutmix", "c_mixup", "gan", "all_pairs"}:
            with pytest.raises(SkipRun, match=r"not for graphs|for regression|made for"):
                train(a_job(name, raw))
            continue
        text = "k_mixup(k=2)" if name == "k_mixup" else name  # the batch has four rows
        first, again = (train(a_job(text, raw)).digests for _ in "ab")
        assert first == again, name
    train(a_job("mixupe(version=2)", raw))
    with pytest.raises(SkipRun, match="boxes are for images and speech"):
        train(a_job("multi_mix(mask=box)", raw))


def test_a_graph_without_nodes_is_refused():
    raw = graphs(5)
    raw.x[2] = (np.zeros((0, 4), dtype=np.float32), np.zeros((2, 0), dtype=np.int64))
    with pytest.raises(InputError, match="graph 2 has no nodes"):
        Graphs().encode(raw, np.arange(5), np.arange(5))


def test_tu_text_files_are_read_with_degrees_where_there_are_no_features(tmp_path):
    from mixsuite.domains.graphs.datasets.tu import Tu

    folder = tmp_path / "TUDataset" / "TINY" / "raw"
    folder.mkdir(parents=True)
    # A triangle, and a path of two with a lone third node.
    ties = [(1, 2), (2, 1), (2, 3), (3, 2), (1, 3), (3, 1), (4, 5), (5, 4)]
    (folder / "TINY_A.txt").write_text("".join(f"{a}, {b}\n" for a, b in ties))
    (folder / "TINY_graph_indicator.txt").write_text("1\n1\n1\n2\n2\n2\n")
    (folder / "TINY_graph_labels.txt").write_text("1\n-1\n")
    raw = Tu(name="TINY").load(tmp_path)
    assert raw.y.tolist() == [1, 0]
    assert [len(features) for features, _ in raw.x] == [3, 3]
    assert raw.x[0][0].argmax(1).tolist() == [2, 2, 2]
    assert raw.x[1][0].argmax(1).tolist() == [1, 1, 0]
    assert raw.x[1][1].T.tolist() == [[0, 1], [1, 0]]
