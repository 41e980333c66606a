"""Edges left out: the augmentation and the probe draw by the same rule, each under its own name."""

import torch
from support.augmentations import augmented

from mixsuite.domains.graphs.fewer_edges import without_edges
from mixsuite.mixing.rng import Rng
from mixsuite.models.ragged import RaggedGraphs


def test_an_augmentation_is_this_under_its_own_draws():
    upper = (torch.rand(4, 6, 6, generator=torch.Generator().manual_seed(0)) < 0.5).float().triu(1)
    x = torch.randn(4, 6, 3), upper + upper.mT, torch.ones(4, 6, 1)
    wanted = without_edges(x, 0.3, Rng(0, None, space="augment").at(0), "drop_edges")
    assert torch.equal(augmented("drop_edges(share=0.3)", x)[1], wanted[1])
    assert torch.equal(wanted[1], wanted[1].mT)


def test_graphs_without_any_edge_stay():
    bare = RaggedGraphs(
        torch.ones(3, 2), torch.zeros(2, 0, dtype=torch.long), torch.tensor([0, 1, 3]), torch.tensor([0, 0, 0])
    )
    out = without_edges(bare, 0.5, Rng(0, 4).at(0), "probe edges")
    assert out.edges.shape == (2, 0) and out.ties.tolist() == [0, 0, 0]
