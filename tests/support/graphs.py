"""Made-up graphs and jobs on them."""

import numpy as np
import torch
from support.models import model_of

import mixsuite.domains.graphs.adapter as adapter
from mixsuite.data.rows import Raw
from mixsuite.domains.base import Dataset
from mixsuite.domains.build import make_data, make_model
from mixsuite.domains.graphs.domain import Graphs
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.plugins.validate import check_model
from mixsuite.training.job import Job
from mixsuite.training.recipe import Recipe


class ToyGraphs(Dataset):
    domain = "graphs"
    classes = 2

    def load(self, root):
        raise NotImplementedError


def graphs(n=30, low=2, high=9, features=4, seed=0):
    """Graphs of a few nodes with one-hot features."""
    draws = np.random.default_rng(seed)
    x = np.empty(n, dtype=object)
    for g in range(n):
        nodes = int(draws.integers(low, high))
        upper = np.triu(draws.random((nodes, nodes)) < 0.4, 1)
        edges = np.stack(np.nonzero(upper | upper.T))
        x[g] = (np.eye(features, dtype=np.float32)[draws.integers(features, size=nodes)], edges)
    return Raw(x, np.arange(n) % 2)


def graph_job(method, raw, model="gin(width=6, layers=2)", dtype=torch.float32):
    """A run on made-up graphs."""
    recipe = check_model(Recipe, {"model": model, "optimizer": "sgd", "lr": 0.05, "steps": 8, "batch": 6}, "test")
    data = make_data(Graphs(), ToyGraphs(), raw, 0, dtype=dtype)
    network = make_model(model_of(recipe), data, 0)
    return Job("graphs", data, network, make_method(resolve_method(method)), recipe, 0)


def all_ragged(monkeypatch):
    """Keep every graph unpadded from here on, however small it is."""
    monkeypatch.setattr(adapter, "DENSE_UP_TO", 0)


def ragged(raw, monkeypatch):
    """The graphs unpadded, as a state."""
    with monkeypatch.context() as patch:
        all_ragged(patch)
        return Graphs().encode(raw, np.arange(len(raw.x)), np.arange(len(raw.x))).x
