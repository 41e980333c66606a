"""Packed graphs against the same graphs padded."""

import pytest
import torch
from torch import nn

from mixsuite.models.message_passing import DenseGin, DenseLayer, DenseReadout, GraphNet, less_padding, pack
from mixsuite.models.packed import Sparse


def graphs(soft, seed=0):
    """5 graphs of 1 to 6 nodes, padded to 8; with soft masks and ties as mixing makes them, or not."""
    g = torch.Generator().manual_seed(seed)
    sizes = torch.tensor([6, 1, 3, 5, 2])
    mask = (torch.arange(8) < sizes[:, None]).double()[..., None]
    ties = torch.rand(5, 8, 8, generator=g, dtype=torch.float64).round() * mask * mask.mT
    x = torch.randn(5, 8, 3, generator=g, dtype=torch.float64) * mask
    if soft:
        mixed = torch.tensor([3, 4, 0, 2, 1])
        x, ties, mask = (0.7 * leaf + 0.3 * leaf[mixed] for leaf in (x, ties, mask))
    return x, ties, mask


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("how", ["sum", "mean"])
def test_layers_and_readout_give_what_they_give_for_padded_graphs(soft, how):
    torch.manual_seed(0)
    layers = nn.Sequential(DenseLayer("gin", 3, 4), DenseLayer("gin", 4, 4), DenseReadout(how)).double().train()
    x, ties, mask = graphs(soft)
    found = []
    for packing in (pack, nn.Identity()):
        given = x.clone().requires_grad_()
        layers.zero_grad()
        out = layers(packing((given, ties, mask)))
        # A derivative of a derivative, too: methods take them.
        slope = torch.autograd.grad(out.square().sum(), given, create_graph=True)[0]
        (out.sin().sum() + slope.square().sum()).backward()
        found.append([out, given.grad * (mask > 0), *(weight.grad for weight in layers.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_what_a_method_could_differentiate_by_stays_padded():
    graph = graphs(soft=False)
    for place in (1, 2):
        leaves = [leaf.clone() for leaf in graph]
        leaves[place].requires_grad_()
        assert pack(tuple(leaves))[0] is leaves[0]


@pytest.mark.parametrize("packs", [False, True])
def test_a_net_gives_the_same_with_and_without_padding_and_keeps_it_where_nodes_are_mixed_and_in_evaluation(packs):
    torch.manual_seed(0)
    stages = [DenseLayer("gin", 3, 4), nn.Sequential(DenseLayer("gin", 4, 4), DenseReadout("sum")), nn.Linear(4, 2)]
    net = GraphNet(stages, {"input": 0, "hidden": 1, "embedding": 2}, packs).double().train()
    x = graphs(soft=False)
    padded = nn.Sequential(*stages)(x)
    for through in (net(x), net(net(x, 0, 1), 1), net(net(x, 0, 2), 2)):
        torch.testing.assert_close(through, padded, rtol=0, atol=1e-12)
    assert net(x, 0, 1)[0].shape == (5, 8, 4)
    taken = []
    net.without_padding = lambda graph: taken.append(1) or (pack if packs else less_padding)(graph)
    net(x)
    net.eval()(x)
    assert taken == [1]


def test_a_tie_to_a_place_without_a_node_carries_nothing():
    x, ties, mask = graphs(soft=False)
    layer = DenseGin(3, 3).double()
    stray = ties.clone()
    stray[1, 0, 5] = 1.0  # this graph has one node
    packed = pack((x, stray, mask))
    used = mask[..., 0] > 0
    torch.testing.assert_close(layer(packed[0], packed[1])[0], layer(x, stray)[used], rtol=0, atol=1e-12)


def test_a_sparse_matrix_is_its_dense_twin():
    g = torch.Generator().manual_seed(0)
    dense = torch.rand(4, 6, generator=g, dtype=torch.float64)
    dense = dense * (dense > 0.6)
    rows, columns = dense.nonzero(as_tuple=True)
    sparse = Sparse(rows, columns, dense[rows, columns], (4, 6))
    x = torch.randn(6, 2, generator=g, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(sparse @ x, dense @ x, rtol=0, atol=1e-12)
    assert torch.autograd.gradcheck(sparse.__matmul__, x)
    assert torch.autograd.gradgradcheck(sparse.__matmul__, x)
