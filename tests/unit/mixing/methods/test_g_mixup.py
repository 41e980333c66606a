"""G-Mixup: graphons of graphs whose steps are known, and the law of what is drawn from them."""

import pytest
import torch
from support.methods import method

from mixsuite.mixing import Batch, Mixer, Tail, TaskInfo, TrainInfo
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.methods.g_mixup import GMixup
from mixsuite.mixing.rng import Rng


def shuffled(adjacency, x, nodes, seed):
    """A graph of [v, v] edges and [v, F] features with its nodes in another order, padded to ``nodes``."""
    v = len(x)
    order = torch.randperm(v, generator=torch.Generator().manual_seed(seed))
    whole = torch.zeros(nodes, nodes), torch.zeros(nodes, x.shape[1]), torch.zeros(nodes, 1)
    whole[0][:v, :v], whole[1][:v], whole[2][:v] = adjacency[order][:, order], x[order], 1
    return whole


def part(graphs, y, nodes=6):
    """Graphs (edges, features) as a training part."""
    adjacency, x, mask = map(torch.stack, zip(*(shuffled(*g, nodes, i) for i, g in enumerate(graphs)), strict=True))
    return TrainInfo((x, adjacency, mask), torch.tensor(y), len(y), max(y) + 1, "class", ())


def falling(v):
    """A graph whose degrees fall from node to node but for two that are alike: i and j are tied where i + j < v - 1."""
    i = torch.arange(v)
    edges = (i[:, None] + i < v - 1).float().fill_diagonal_(0)
    return edges, torch.stack([edges.sum(1), torch.ones(v)], 1)


def test_a_graphon_of_as_many_steps_as_nodes_is_the_graph_by_degree():
    edges, x = falling(5)
    stats = GMixup(steps=5).prepare(part([(edges, x)] * 3 + [(edges * 0, x * 0)], [0, 0, 0, 1]))
    by_degree = edges.sum(1).argsort(descending=True)
    torch.testing.assert_close(stats["graphon"][0], edges[by_degree][:, by_degree])
    torch.testing.assert_close(stats["features"][0], x[by_degree])
    assert not stats["graphon"][1].any()


def test_graphs_of_other_sizes_are_spread_over_the_same_steps():
    one, two = falling(4), falling(6)
    graphon = GMixup(steps=12).prepare(part([one, two], [0, 0]))["graphon"][0]
    parts = [
        edges.repeat_interleave(12 // len(edges), 0).repeat_interleave(12 // len(edges), 1)
        for edges in (g[0][order][:, order] for g in (one, two) for order in [g[0].sum(1).argsort(descending=True)])
    ]
    torch.testing.assert_close(graphon, sum(parts) / 2)
    coarse = GMixup(steps=5).prepare(part([one, two], [0, 0]))["graphon"][0]
    torch.testing.assert_close(coarse.mean(), graphon.mean())  # steps that cut nodes keep the share of edges
    torch.testing.assert_close(coarse, coarse.T)


def step(text, number=0, n=8, stats=None):
    """(method, batch, plan, state) of one step on graphs of 3 to 6 nodes."""
    y, one = torch.arange(n) % 2, method(text)
    mask = (torch.arange(6) < 3 + torch.arange(n)[:, None] % 4)[:, :, None].float()
    g = torch.Generator().manual_seed(0)
    upper = (torch.rand(n, 6, 6, generator=g) < 0.5).float().triu(1) * mask * mask.mT
    state = torch.randn(n, 6, 2, generator=g) * mask, upper + upper.mT, mask
    if stats is None:
        stats = one.prepare(TrainInfo(state, y, n, 2, "class", ()))
    batch = Batch(y, (6, 2), torch.tensor(0.0), stats)
    return one, batch, one.plan(batch, Rng(0, n).at(number)), state


def test_edges_are_drawn_with_the_chances_of_the_mixed_graphon():
    low, high = torch.tensor([[0.9, 0.3], [0.3, 0.1]]), torch.tensor([[0.2, 0.6], [0.6, 0.8]])
    stats = {"graphon": torch.stack([low, high]), "features": torch.tensor([[[1.0, 0], [0, 1]], [[5, 0], [0, 5]]])}
    ties, pairs, seen = torch.zeros(2, 2, 2), torch.zeros(2, 2, 2), 0
    for number in range(200):
        one, batch, plan, (x, _, mask) = step("g_mixup(share=1, low=0.25, high=0.25, steps=2)", number, stats=stats)
        features, edges = one.drawn(x, mask, batch, plan)
        assert torch.equal(edges, edges.mT)
        assert not edges.diagonal(dim1=1, dim2=2).any()
        assert not (edges * (1 - mask * mask.mT)).any()
        assert not (features * (1 - mask)).any()
        at = (features[..., 1] > 0).long()  # the step of a node
        for i, j in enumerate(plan.partner.tolist()):
            if batch.y[i] != batch.y[j]:
                v = int(mask[i].sum())
                first, second = torch.triu_indices(v, v, 1)
                place = batch.y[i], at[i, first], at[i, second]
                ties.index_put_(place, edges[i, first, second], accumulate=True)
                pairs.index_put_(place, torch.ones(len(first)), accumulate=True)
                wanted = 0.75 * stats["features"][batch.y[i]] + 0.25 * stats["features"][batch.y[j]]
                torch.testing.assert_close(features[i, :v], wanted[at[i, :v]])
                seen += 1
    assert seen > 500
    wanted = 0.75 * stats["graphon"] + 0.25 * stats["graphon"].flip(0)
    error = (wanted * (1 - wanted) / pairs).sqrt()
    assert ((ties / pairs - wanted).abs() < 4 * error).all()


@pytest.mark.parametrize(("share", "count"), [(0.25, 2), (0.3, 2), (0, 0), (1, 8)])
def test_a_share_of_the_rows_gives_way_and_the_others_stay(share, count):
    one, batch, plan, state = step(f"g_mixup(share={share}, low=0.1, high=0.4)", 3)
    away = plan.wy < 1
    assert int(away.sum()) == count
    assert ((plan.wy[away] > 0.6) & (plan.wy[away] < 0.9)).all()
    entered = []

    def run(h):
        entered.append(h)
        return torch.stack([h[0].sum((1, 2)), h[1].sum((1, 2))], 1)

    found = one.objective(Tail(run), state, batch, plan, cross_entropy)
    x, edges = one.drawn(state[0], state[2], batch, plan)
    for new, old, drawn in zip(entered[0], state, (x, edges, state[2]), strict=True):
        assert torch.equal(new[~away], old[~away])
        assert torch.equal(new[away], drawn[away])
    log_p = run(entered[0]).log_softmax(1)
    total = sum(
        plan.wy[i] * log_p[i, batch.y[i]] + (1 - plan.wy[i]) * log_p[i, batch.y[plan.partner[i]]] for i in range(8)
    )
    torch.testing.assert_close(found, -total / 8)


def test_a_loop_of_ones_own_shows_it_the_training_part_first():
    _, batch, _, state = step("g_mixup")

    class Net(torch.nn.Linear):
        def forward(self, x, adjacency, mask):
            return super().forward((x + adjacency @ x).sum(1))

    net = Net(2, 2)
    Mixer("g_mixup(share=0.5)", seed=0).prepare(state, batch.y).loss(net, state, batch.y).backward()
    assert net.weight.grad.abs().sum() > 0
    with pytest.raises(ValueError, match="prepare"):
        Mixer("g_mixup", seed=0).loss(net, state, batch.y)


def test_values_out_of_range_and_other_sites_are_refused():
    for bad in ({"share": 2}, {"low": 0.5, "high": 0.1}, {"steps": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            GMixup(**bad)
    task = TaskInfo("graphs", "class", 2, {"input": (6, 2), "hidden": (6, 4)}, 8, 100)
    assert "its site is input" in GMixup(site="hidden").reject(task)
    assert GMixup().reject(task) is None
