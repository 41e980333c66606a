"""How graphs look, and what the kit tries."""

import numpy as np
import pytest
import torch
from support.domains import Axis, check_samples

from mixsuite.domains.graphs.domain import Graphs

DOMAIN = Graphs()
SHAPES = {"input": (7, 4), "hidden": (7, 6), "embedding": (8,)}


def test_samples_are_drawn_from_the_generator_and_have_its_sites():
    check_samples(DOMAIN, SHAPES)


def test_the_samples_are_graphs():
    for site in ("input", "hidden"):
        x, adjacency, mask = DOMAIN.samples(6, torch.Generator().manual_seed(0))[site]
        assert torch.equal(adjacency, adjacency.transpose(1, 2))
        assert set(adjacency.unique().tolist()) == {0.0, 1.0}
        assert adjacency.diagonal(dim1=1, dim2=2).eq(0).all()
        assert mask[:, :, 0].sum(1).tolist() == [5, 7, 7, 5, 7, 7]
        assert (x * (1 - mask)).eq(0).all()
        assert (adjacency * (1 - mask)).eq(0).all()


def test_a_graph_is_drawn_as_the_adjacency_of_its_nodes():
    axis, adjacency = Axis(), np.arange(16.0).reshape(4, 4)
    DOMAIN.draw_row(axis, [np.zeros((4, 2)), adjacency, np.array([[1.0], [0.4], [0], [0]])])
    assert axis.picture.tolist() == adjacency[:2, :2].tolist()
    DOMAIN.draw_row(axis, [np.zeros((4, 2)), adjacency, np.zeros((4, 1))])
    assert axis.picture.shape == (1, 1)


@pytest.mark.parametrize("leaves", [1, 2, 3, 4])
def test_a_triple_looks_like_graphs(leaves):
    x = torch.zeros(2, 3)
    assert DOMAIN.matches((x,) * leaves) == (leaves == 3)
    assert not DOMAIN.matches(x)
