"""mixup over all ordered pairs of a batch with one constant share (Zou et al. 2023, arXiv:2303.08433)."""

from dataclasses import dataclass, field

import torch

from mixsuite.mixing import Method, Plan, require


@dataclass(frozen=True)
class AllPairs(Method):
    """mixup over all B * B ordered pairs (i, j) of a batch, for the network of squares alone.

    The objective is the mean of lam_y L(F(x_ij), y_i) + (1 - lam_y) L(F(x_ij), y_j), with
    x_ij = lam x_i + (1 - lam) x_j.
    The network of squares needs no forward pass per pair, since
    F(x_ij) = lam^2 F(x_i) + (1 - lam)^2 F(x_j) + 2 lam (1 - lam) <h_i, h_j>, with h the hidden activations of a class.

    lam:   the own row's share of the signal.
    lam_y: the own row's share of the target; None: lam.
    """

    lam: float = 0.6
    lam_y: float | None = None
    site: str = field(default="hidden", kw_only=True)

    label = "free"
    pairing = "all ordered pairs"
    lam_law = "constant"
    rows = "B"
    domains = ("./patches.py",)
    mixes = False
    stackable = False
    mixes_alone = False

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.lam <= 1, "lam", self.lam, "0 to 1")
        require(self.lam_y is None or 0 <= self.lam_y <= 1, "lam_y", self.lam_y, "0 to 1, or None")
        require(self.site == "hidden", "site", self.site, "hidden")

    def plan(self, batch, rng):
        # All pairs are used with one constant share, so nothing is drawn.
        rows = torch.arange(len(batch.y), device=batch.y.device)
        share = torch.ones(len(rows), device=batch.y.device)
        return Plan(rows, share, share)

    def objective(self, tail, state, batch, plan, loss):
        n, own = len(batch.y), tail(state)  # [n, classes]
        h = state.unflatten(-1, (own.shape[1], -1)).permute(2, 0, 1, 3).flatten(2)  # [classes, n, patches * filters]
        both = (h @ h.mT).permute(1, 2, 0)  # [n, n, classes]
        x, other = self.lam, 1 - self.lam
        out = (x**2 * own[:, None] + other**2 * own[None] + 2 * x * other * both).flatten(0, 1)
        share = self.lam if self.lam_y is None else self.lam_y
        first, second = (
            loss(out, batch.y.repeat_interleave(n, 0)),
            loss(out, batch.y.repeat(n, *[1] * (batch.y.dim() - 1))),
        )
        return (share * first + (1 - share) * second).mean()
