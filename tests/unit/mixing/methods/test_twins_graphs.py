"""Methods for graphs against slow twins from the papers' formulas, and their draws' laws.

A twin takes the plan's draws and computes graphs, targets and the loss one by one. It was written without the methods'
code.
"""

import numpy as np
import pytest
import torch
from scipy import stats
from support.graphs import graphs
from support.twins import CLASSES, Part, Step, cross, one_hot

from mixsuite.domains.graphs.domain import Graphs

ROWS = 30


def graph_part(seed=0, high=9):
    """Padded graphs in float64: features [n, V, F], adjacency [n, V, V], mask [n, V, 1]; classes 0 and 1."""
    raw = graphs(n=ROWS, high=high, seed=seed)
    x = Graphs().encode(raw, np.arange(ROWS), np.arange(ROWS)).x
    y = torch.from_numpy(np.random.default_rng(seed).integers(2, size=ROWS))
    return Part(tuple(leaf.double() for leaf in x), y, torch.arange(3, 11))


PARTS = [graph_part(0), graph_part(1, high=7)]


def graph_of(step, row):
    """(features [n, F], adjacency [n, n]) of a row of a step, without the padding."""
    features, adjacency, mask = (leaf[row].numpy() for leaf in step.state)
    n = int(mask.sum())
    return features[:n], adjacency[:n, :n]


def diffused(adjacency, start, restart, hops):
    """Personalised PageRank [n]: a walk's law after some hops, which returns to its start by chance."""
    n = len(adjacency)
    law = np.eye(n)[start]
    for _ in range(hops):
        moved = np.zeros(n)
        for u in range(n):
            for v in range(n):
                if adjacency[u, v]:
                    moved[v] += law[u] / adjacency[u].sum()
        law = restart * np.eye(n)[start] + (1 - restart) * moved
    return law


def ranks(adjacency, start):
    """Each node's diffusion by its degree [n]; 0 where it does not reach."""
    return diffused(adjacency, start, 0.15, 20) / np.maximum(adjacency.sum(1), 1)


def are_first(scores, nodes):
    """Whether nodes are reached, and none outside ranks before one of them."""
    outside = [scores[u] for u in range(len(scores)) if u not in nodes]
    least = min(scores[u] for u in nodes)
    return least > 0 and least >= max(outside, default=0) - 1e-9


def fits(own, other, pairs):
    """Whether two starting nodes explain which nodes took which: the first of both graphs, rank by rank."""
    for a in (ranks(own, start) for start in range(len(own))):
        for b in (ranks(other, start) for start in range(len(other))):
            in_order = all(b[pairs[u]] > b[pairs[v]] - 1e-9 for u in pairs for v in pairs if a[u] > a[v] + 1e-9)
            if in_order and are_first(a, set(pairs)) and are_first(b, set(pairs.values())):
                return True
    return False


def is_connected(adjacency, nodes):
    """Whether nodes are one connected part."""
    reached, new = set(), {min(nodes)}
    while new:
        reached |= new
        new = {v for u in new for v in nodes if adjacency[u, v]} - reached
    return reached == set(nodes)


@pytest.mark.parametrize("most", [0.4, 1.0])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("at", range(3))
def test_sub_mix(part, most, at):
    """The first k nodes of both diffusions change places, with the edges among them; the share is that of own edges."""
    step = Step(f"sub_mix(most={most})", part, step=at)
    mixed = [leaf.numpy() for leaf in step.method.mix(step.state, step.plan)]
    losses = []
    for i, j in enumerate(step.partner):
        (x, own), (x_other, other) = graph_of(step, i), graph_of(step, j)
        taken = np.flatnonzero(step.plan.wx[i].numpy()[:, 0] == 0)
        pairs = {int(u): int(step.plan.extra["source"][i, u]) for u in taken}
        n = len(x)
        assert 1 <= len(pairs) <= max(1, np.ceil(most * n))
        assert fits(own, other, pairs)
        assert is_connected(own, list(pairs))
        assert is_connected(other, list(pairs.values()))
        features, adjacency, kept = x.copy(), own.copy(), 0
        for u in range(n):
            if u in pairs:
                features[u] = x_other[pairs[u]]
            for v in range(n):
                if u in pairs and v in pairs:
                    adjacency[u, v] = other[pairs[u], pairs[v]]
                else:
                    kept += adjacency[u, v]
        share = kept / adjacency.sum() if adjacency.sum() else 1 - len(pairs) / n
        np.testing.assert_allclose(step.wy[i], share, atol=1e-12)
        np.testing.assert_array_equal(mixed[0][i, :n], features)
        np.testing.assert_array_equal(mixed[1][i, :n, :n], adjacency)
        np.testing.assert_array_equal(mixed[2][i], step.state[2][i].numpy())
        assert not mixed[0][i, n:].any()
        assert not mixed[1][i, n:].any()
        target = share * one_hot(step.labels[i]) + (1 - share) * one_hot(step.labels[j])
        losses.append(cross(step.net.of_row(mixed[0][i]), target))
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-10)


def test_the_number_of_nodes_of_sub_mix():
    """k ~ n Uniform(0, most) up to one node, on complete graphs, where every diffusion reaches all."""
    n, adjacency = 20, torch.ones(20, 20, dtype=torch.float64) - torch.eye(20, dtype=torch.float64)
    x = torch.randn(8, n, 2, dtype=torch.float64), adjacency.expand(8, n, n), torch.ones(8, n, 1, dtype=torch.float64)
    part = Part(x, torch.arange(8) % 2, torch.arange(8))
    taken = np.concatenate([(Step("sub_mix", part, step=at).plan.wx == 0).sum((1, 2)).numpy() for at in range(100)])
    for k in range(1, 9):
        assert (k - 1) / 8 - 0.06 < (taken <= k).mean() < min(1, (k + 1) / 8) + 0.06
    assert set(taken) >= set(range(1, 8))
    assert taken.max() <= 8


def spread(adjacency, features, steps):
    """A graph as a step function: (W [k, k], features [k, F]), the nodes of most edges first.

    Node a has the interval [a / n, (a + 1) / n); each of k steps is the mean over its own interval.
    """
    n = len(adjacency)
    order = sorted(range(n), key=lambda u: -adjacency[u].sum())
    over = np.zeros((steps, n))
    for s in range(steps):
        for a, u in enumerate(order):
            over[s, u] = max(0, min((s + 1) / steps, (a + 1) / n) - max(s / steps, a / n)) * steps
    return over @ adjacency @ over.T, over @ features


def graphons(part, steps):
    """Each class's mean of its graphs' step functions: class -> (W, features)."""
    found = {}
    for c in np.unique(part.y.numpy()):
        each = []
        for row in np.flatnonzero(part.y.numpy() == c):
            features, adjacency, mask = (leaf[row].numpy() for leaf in part.x)
            n = int(mask.sum())
            each.append(spread(adjacency[:n, :n], features[:n], steps))
        found[int(c)] = tuple(np.mean(values, 0) for values in zip(*each, strict=True))
    return found


@pytest.mark.parametrize("steps", [3, 4, 20])
@pytest.mark.parametrize("part", PARTS)
def test_the_graphons_of_g_mixup(part, steps):
    found = part.stats(f"g_mixup(steps={steps})")
    for c, (graphon, features) in graphons(part, steps).items():
        np.testing.assert_allclose(found["graphon"][c].numpy(), graphon, atol=1e-9)
        np.testing.assert_allclose(found["features"][c].numpy(), features, atol=1e-9)


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("at", range(3))
def test_g_mixup(part, share, at):
    """Nodes at u; an edge with chance lam W + (1 - lam) W', features mixed alike, target lam y + (1 - lam) y'."""
    step = Step(f"g_mixup(share={share}, low=0.2, high=0.7, steps=4)", part, step=at)
    known = {c: [part.stats(step.text)[name][c].numpy() for name in ("graphon", "features")] for c in range(CLASSES)}
    x, edges = (leaf.numpy() for leaf in step.method.drawn(step.state[0], step.state[2], step.batch, step.plan))
    places, chances = step.plan.extra["nodes"].numpy(), step.plan.extra["edges"].numpy()
    drawn, losses = 0, []
    for i, (j, lam) in enumerate(zip(step.partner, step.wy, strict=True)):
        row, target = step.seen[i], one_hot(step.labels[i])
        if lam < 1:
            drawn += 1
            own, other = known[int(step.labels[i])], known[int(step.labels[j])]
            graphon, features = (lam * a + (1 - lam) * b for a, b in zip(own, other, strict=True))
            n, pair = len(graph_of(step, i)[0]), iter(chances[i])
            at_step = [int(4 * u) for u in places[i]]
            wanted, adjacency = np.zeros_like(row), np.zeros_like(edges[i])
            for a in range(len(row)):
                for b in range(a + 1, len(row)):
                    tie = next(pair) < graphon[at_step[a], at_step[b]]
                    if b < n:
                        adjacency[a, b] = adjacency[b, a] = tie
                if a < n:
                    wanted[a] = features[at_step[a]]
            np.testing.assert_allclose(x[i], wanted, atol=1e-12)
            np.testing.assert_array_equal(edges[i], adjacency)
            row, target = wanted, lam * target + (1 - lam) * one_hot(step.labels[j])
        losses.append(cross(step.net.of_row(row), target))
    assert drawn == round(8 * share)
    np.testing.assert_allclose(step.loss(), np.mean(losses), rtol=1e-10)


def test_the_edges_of_g_mixup_are_as_dense_as_the_mixed_graphon():
    """The mean density of drawn graphs is the mean of lam W + (1 - lam) W' over [0, 1]^2; lam's law is as declared."""
    part, text = PARTS[0], "g_mixup(share=1.0, low=0.2, high=0.7, steps=4)"
    density = {c: graphon.mean() for c, (graphon, _) in graphons(part, 4).items()}
    ties, wanted, pairs, spare = 0, 0, 0, []
    for at in range(300):
        step = Step(text, part, step=at)
        _, edges = step.method.drawn(step.state[0], step.state[2], step.batch, step.plan)
        assert (edges == edges.mT).all()
        assert not edges.diagonal(dim1=1, dim2=2).any()
        spare += (1 - step.wy).tolist()
        for i, (j, lam) in enumerate(zip(step.partner, step.wy, strict=True)):
            n = len(graph_of(step, i)[0])
            ties += edges[i].sum().item() / 2
            pairs += n * (n - 1) / 2
            wanted += n * (n - 1) / 2 * (lam * density[step.labels[i]] + (1 - lam) * density[step.labels[j]])
    assert abs(ties - wanted) / pairs < 0.01
    assert stats.kstest(spare, stats.uniform(0.2, 0.5).cdf).pvalue > 1e-3
