"""ifMixup: graphs with nodes in another order."""

import torch
from support.methods import method, plan_of, rows

from mixsuite.mixing import Plan, interpolate


def test_ifmixup_mixes_graphs_with_nodes_in_another_order():
    x, mask = rows(shape=(5, 3)), torch.ones(12, 5, 1)
    mask[::2, 3:] = 0
    adjacency = (rows(shape=(5, 5), seed=3) > 0).float().triu(1)
    adjacency = (adjacency + adjacency.transpose(1, 2)) * mask * mask.transpose(1, 2)
    graph = (x * mask, adjacency, mask)
    ordered, plain = method("ifmixup(order=file)"), plan_of("mixup", shape=(5, 3))
    same = ordered.mix(graph, plan_of("ifmixup(order=file)", shape=(5, 3)))
    assert all(torch.equal(a, b) for a, b in zip(same, interpolate(graph, plain), strict=True))
    plan = plan_of("ifmixup", shape=(5, 3))
    keep = Plan(plan.partner, torch.zeros(12, 1, 1), plan.wy)  # the partner alone
    moved = method("ifmixup").mix(graph, plan._replace(wx=keep.wx))
    different = False
    for i, j in enumerate(plan.partner.tolist()):
        assert torch.equal(moved[2][i], mask[j])  # real nodes first
        rank = [(moved[0][i, v][None] == graph[0][j]).all(1).nonzero()[0, 0].item() for v in range(int(mask[j].sum()))]
        assert sorted(rank) == list(range(len(rank)))
        assert torch.equal(moved[1][i][: len(rank), : len(rank)], adjacency[j][rank][:, rank])
        different = different or rank != sorted(rank)
    assert different
