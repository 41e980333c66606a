"""ifMixup (Guo and Mao 2023, AAAI; arXiv:2110.09344): mixup of padded graphs."""

from dataclasses import dataclass
from typing import Literal

from mixsuite.mixing import Log, Method, interpolate, mixup_plan, require


@dataclass(frozen=True)
class Ifmixup(Method):
    """mixup of node features, adjacency and node mask, with the nodes in a random order. One forward pass.

    The smaller graph is padded with empty nodes. A mixed edge is weighted by its share, and norms and readout count a
    mixed node by its share.

    order:      "random": each step draws an order for the partner's nodes; "file": they stay in the files' order, which
                is what mixup does with graphs.
    alpha, lam: as for mixup.
    """

    order: Literal["random", "file"] = "random"
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(0.1, 4.0)}
    domains = ("graphs",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def reject(self, task):
        return None if self.site == "input" else f"ifmixup mixes graphs, so its site is input, not '{self.site}'"

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        if self.order == "file":
            return plan
        keys = rng.uniform(len(batch.y), batch.shape[0], kind="node order")
        return plan._replace(extra={"order": keys})

    def mix(self, h, plan):
        if self.order == "file":
            return interpolate(h, plan)
        x, adjacency, mask = (leaf.index_select(0, plan.partner) for leaf in h)
        # Real nodes come first, in the drawn order.
        place = (plan.extra["order"].to(x.dtype) + 2 * (mask[..., 0] == 0)).argsort(1)
        x, mask = (leaf.gather(1, place[..., None].expand_as(leaf)) for leaf in (x, mask))
        adjacency = adjacency.gather(1, place[:, :, None].expand_as(adjacency))
        adjacency = adjacency.gather(2, place[:, None, :].expand_as(adjacency))

        def share(leaf):
            return plan.wx.reshape(-1, *[1] * (leaf.dim() - 1)).to(leaf.dtype)

        return tuple(other.lerp_(own, share(own)) for own, other in zip(h, (x, adjacency, mask), strict=True))
