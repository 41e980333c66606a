"""G-Mixup: graphs drawn from mixed graphons of two classes (Han, Jiang, Liu and Hu 2022, arXiv:2202.07179)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, hard_labels, over, require, two_term_loss

_BLOCK = 256  # graphs that are averaged at once


@dataclass(frozen=True)
class GMixup(Method):
    """A share of the rows gives way to graphs drawn from a mixture of its class's graphon and the partner's. One pass.

    A class's graphon W is a step function of k by k steps: each training graph's nodes are ordered by falling degree
    and spread over [0, 1], and the class's graphs are averaged there, their node features likewise. A drawn graph has
    nodes at u ~ Uniform(0, 1), an edge of i and j with chance lam W(u_i, u_j) + (1 - lam) W'(u_i, u_j), features mixed
    alike, and the target lam y + (1 - lam) y'. Reconstructed. Ours: averages alone, where the authors' code cuts small
    singular values; as many nodes as the row's own graph has; a new draw at each step, where the paper adds a fixed
    set of graphs; rows and their partners choose the classes. There are no self-loops.

    share: of a batch's rows, rounded, that give way (the authors' code: 15 % as many drawn graphs as training graphs).
    low, high: 1 - lam ~ Uniform(low, high) (our choice; the authors' code: 0.005 to 0.01).
    steps: k; in the authors' code the median number of nodes.
    """

    share: float = 0.15
    low: float = 0.1
    high: float = 0.2
    steps: int = 20

    label = "free"
    pairing = "permutation"
    lam_law = "1 - Uniform(low, high), in a share of the rows"
    domains = ("graphs",)
    kinds = ("class",)
    stackable = False
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.share <= 1, "share", self.share, "0 to 1")
        require(0 <= self.low <= self.high <= 1, "low, high", (self.low, self.high), "0 <= low <= high <= 1")
        require(1 <= self.steps <= 1000, "steps", self.steps, "1 to 1000")

    def reject(self, task):
        return None if self.site == "input" else f"g_mixup draws graphs, so its site is input, not '{self.site}'"

    def prepare(self, train):
        x, adjacency, mask = train.x
        label, k = hard_labels(train.y), self.steps
        graphon, features = x.new_zeros(train.classes, k, k), x.new_zeros(train.classes, k, x.shape[2])
        for first in range(0, len(x), _BLOCK):
            rows = slice(first, first + _BLOCK)
            spread = _spread(adjacency[rows], mask[rows, :, 0], k)
            graphon.index_add_(0, label[rows], spread @ adjacency[rows] @ spread.mT)
            features.index_add_(0, label[rows], spread @ x[rows])
        count = torch.bincount(label, minlength=train.classes).clamp(min=1)[:, None, None]
        return {"graphon": graphon / count, "features": features / count}

    def plan(self, batch, rng):
        n, nodes = len(batch.y), batch.shape[0]
        drawn = round(self.share * n)
        rows = rng.permutation(n, kind="given way")[:drawn]
        lam = rng.uniform(n, kind="lam").mul(self.low - self.high).add(1 - self.low)
        own = torch.ones_like(lam).index_copy(0, rows, lam[rows])
        extra = {}
        for name, count in (("nodes", nodes), ("edges", nodes * (nodes - 1) // 2)):  # numbers for the drawn rows alone
            u = rng.uniform(drawn, count, kind=name)
            extra[name] = u.new_zeros(n, count).index_copy(0, rows, u)
        return Plan(rng.permutation(n), over(own, batch.shape), own, extra=extra)

    def objective(self, tail, state, batch, plan, loss):
        drawn = self.drawn(state[0], state[2], batch, plan)
        leaves = [torch.where(plan.wx == 1, old, new) for old, new in zip(state, (*drawn, state[2]), strict=True)]
        return two_term_loss(tail(tuple(leaves)), batch, plan, loss)

    def drawn(self, x, mask, batch, plan):
        """Features [N, V, F] and edges [N, V, V] of graphs from the mixed graphons, for every row."""
        own, other, lam = hard_labels(batch.y), hard_labels(batch.y)[plan.partner], plan.wy[:, None, None]
        both = batch.stats["graphon"], batch.stats["features"]
        graphon, features = (torch.lerp(v[other], v[own], lam.to(v.dtype)) for v in both)
        step = (plan.extra["nodes"] * self.steps).long().clamp(max=self.steps - 1)
        chance = graphon.gather(1, step[:, :, None].expand(-1, -1, self.steps))
        chance = chance.gather(2, step[:, None, :].expand(-1, step.shape[1], -1))
        first, second = torch.triu_indices(step.shape[1], step.shape[1], 1, device=x.device)
        upper = torch.zeros_like(chance, dtype=x.dtype)
        upper[:, first, second] = (plan.extra["edges"] < chance[:, first, second]).to(x.dtype)
        upper = upper * mask * mask.mT
        return features.gather(1, step[:, :, None].expand_as(x)).to(x.dtype) * mask, upper + upper.mT


def _spread(adjacency, there, steps):
    """How graphs' nodes, by falling degree, lie over equal steps of [0, 1]: [n, steps, V], the sum of a step is 1.

    adjacency: [n, V, V]; there: [n, V] 1 where a node is.
    """
    degree = torch.where(there > 0, adjacency.sum(2), -1)
    place = degree.argsort(dim=1, descending=True, stable=True).argsort(dim=1).to(adjacency.dtype)
    count = there.sum(1)[:, None, None].clamp(min=1)
    edge = torch.arange(steps + 1, device=there.device, dtype=adjacency.dtype)[:, None] / steps  # of the steps
    begin, end = place[:, None] / count, (place[:, None] + 1) / count  # of the nodes
    return (torch.minimum(end, edge[1:]) - torch.maximum(begin, edge[:-1])).clamp(min=0) * steps * (there > 0)[:, None]
