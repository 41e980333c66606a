"""Muon: its update against torch's own for matrices, and AdamW's for the rest."""

import pytest
import torch
from torch import nn

from mixsuite.training.optimizers.muon import Muon, orthogonal
from mixsuite.training.recipe import Recipe


def recipe(**values):
    given = {"model": "any", "optimizer": "muon", "lr": 0.05, "steps": 4, "batch": 4, "momentum": 0.9}
    return Recipe(**given | values)


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
def test_a_matrix_keeps_its_singular_vectors_and_gets_singular_values_near_1(shape):
    matrix = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inside = left.T @ orthogonal(matrix) @ right.T
    assert bool(((inside.diag() > 0.5) & (inside.diag() < 1.3)).all())
    torch.testing.assert_close(inside - inside.diag().diag(), torch.zeros_like(inside), atol=1e-8, rtol=0)


@pytest.mark.parametrize("nesterov", [True, False])
def test_matrices_move_as_torchs_muon_moves_them(nesterov):
    g = torch.Generator().manual_seed(0)
    start = torch.randn(8, 5, generator=g)
    weights = {name: nn.Parameter(start.clone()) for name in ("body", "head")}
    twin = nn.Parameter(start.clone())
    ours = Muon().build(weights, recipe(nesterov=nesterov, weight_decay=0.1))
    theirs = torch.optim.Muon(
        [twin], lr=0.05, weight_decay=0.1, momentum=0.9, nesterov=nesterov, adjust_lr_fn="original"
    )
    for _ in range(4):
        gradient = torch.randn(8, 5, generator=g)
        weights["body"].grad, twin.grad = gradient.clone(), gradient.clone()
        ours.step()
        theirs.step()
    torch.testing.assert_close(weights["body"], twin, atol=2e-2, rtol=0)  # torch's runs in bfloat16
    assert not torch.equal(weights["body"], start)


def test_the_rest_and_the_last_layer_move_as_adamw_moves_them():
    g = torch.Generator().manual_seed(0)
    names = {"conv": (4, 3, 3, 3), "norm": (4,), "head.weight": (2, 4), "head.bias": (2,)}
    weights = {name: nn.Parameter(torch.randn(shape, generator=g)) for name, shape in names.items()}
    others = [name for name in names if name != "conv"]
    twins = {name: nn.Parameter(weights[name].detach().clone()) for name in others}
    ours = Muon(adam_lr=0.5).build(weights, recipe(weight_decay=0.1))
    theirs = torch.optim.AdamW(twins.values(), lr=0.025, weight_decay=0.1)
    for _ in range(4):
        for name, weight in weights.items():
            weight.grad = torch.randn(weight.shape, generator=g)
            if name in twins:
                twins[name].grad = weight.grad.clone()
        ours.step()
        theirs.step()
    for name in others:
        torch.testing.assert_close(weights[name], twins[name])


def test_a_net_of_one_layer_is_trained_by_adamw_alone():
    weights = dict(nn.Linear(3, 2).named_parameters())
    assert [group["matrices"] for group in Muon().build(weights, recipe()).param_groups] == [False]
    with pytest.raises(ValueError, match="adam_lr=0: allowed is > 0"):
        Muon(adam_lr=0)
