"""SubMix: a connected part of a graph replaced by one of another (Yoo, Shim and Kang 2022, arXiv:2202.10107)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, require


@dataclass(frozen=True)
class SubMix(Method):
    """A connected subgraph gives way to the partner's of as many nodes; the target follows the edges. One forward pass.

    In each of both graphs, nodes are ranked by how much of a diffusion that restarts at a random node they get
    (personalised PageRank). The first k own nodes take the features of the partner's first k, rank by rank, and the
    edges among these; edges to the rest of the graph stay. The target's own share is the share of own edges in the
    mixed graph. Reconstructed: diffusion, equal numbers of nodes and the share by edges are the paper's. Ours: ranks
    are by the diffusion divided by a node's degree, which makes the first k nodes connected whatever k is; a graph
    without any edge has its share by nodes.

    most:    k is p times the own graph's nodes, p ~ Uniform(0, most), one at least (the paper: 0.4, as recalled), and
             no more than either diffusion reaches.
    restart: chance of the diffusion to go back to its first node.
    hops:    of the diffusion; nodes further away are not reached.
    """

    most: float = 0.4
    restart: float = 0.15
    hops: int = 20

    label = "free"
    pairing = "permutation"
    lam_law = "the exact share of edges outside the subgraph"
    domains = ("graphs",)
    needs_x = True
    stackable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 < self.most <= 1, "most", self.most, "above 0, up to 1")
        require(0 < self.restart < 1, "restart", self.restart, "between 0 and 1")
        require(1 <= self.hops <= 1000, "hops", self.hops, "1 to 1000")

    def reject(self, task):
        return None if self.site == "input" else f"sub_mix mixes graphs, so its site is input, not '{self.site}'"

    def plan(self, batch, rng):
        n, partner = len(batch.y), rng.permutation(len(batch.y))
        _, adjacency, mask = batch.x
        there = mask[..., 0] > 0
        own = self._diffused(adjacency, there, rng.uniform(n, kind="first node"))
        other = self._diffused(adjacency[partner], there[partner], rng.uniform(n, kind="first node"))
        wanted = (self.most * rng.uniform(n, kind="subgraph") * there.sum(1)).ceil().clamp(min=1)
        k = torch.minimum(wanted, torch.minimum((own > 0).sum(1), (other > 0).sum(1)))
        rank = own.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        source = other.argsort(dim=1, descending=True, stable=True).gather(1, rank)
        kept = (rank >= k[:, None]).to(mask.dtype)
        plan = Plan(partner, kept[..., None], kept[:, 0], extra={"source": source})
        inside = _inside(plan)
        stayed = torch.where(inside, 0, adjacency).sum((1, 2))
        total = stayed + torch.where(inside, _moved(adjacency, plan), 0).sum((1, 2))
        by_nodes = (kept * there).sum(1) / there.sum(1).clamp(min=1)
        return plan._replace(wy=torch.where(total > 0, stayed / total.clamp(min=1e-12), by_nodes).clamp(0, 1))

    def _diffused(self, adjacency, there, u):
        """How much each node gets, by its degree, [N, V]; 0 where it is not reached.

        f = restart * first + (1 - restart) * mean of f over a node's neighbours: all but the first node have a
        neighbour that gets more.
        """
        first = (u * there.sum(1)).floor()[:, None]
        first = ((there.cumsum(1) == first + 1) & there).to(adjacency.dtype)[..., None]
        walk = torch.maximum(adjacency, adjacency.mT)
        walk = walk / walk.sum(2, keepdim=True).clamp(min=1)
        f = self.restart * first
        for _ in range(self.hops):
            f = self.restart * first + (1 - self.restart) * (walk @ f)
        return f[..., 0]

    def mix(self, h, plan):
        x, adjacency, mask = h
        moved = x.index_select(0, plan.partner).gather(1, plan.extra["source"][..., None].expand_as(x))
        tied = torch.where(_inside(plan), _moved(adjacency, plan), adjacency)
        return torch.where(plan.wx == 0, moved, x), tied, mask


def _inside(plan):
    """Pairs of nodes [N, V, V] that are both replaced."""
    return (plan.wx == 0) & (plan.wx == 0).mT


def _moved(adjacency, plan):
    """The partner's edges [N, V, V] between the nodes that take the own nodes' places."""
    source = plan.extra["source"]
    rows = adjacency.index_select(0, plan.partner).gather(1, source[:, :, None].expand_as(adjacency))
    return rows.gather(2, source[:, None, :].expand_as(adjacency))
