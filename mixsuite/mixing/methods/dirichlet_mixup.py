"""mixup of several rows, with shares of a Dirichlet law (reconstructed: mixup, arXiv:1710.09412, of k rows)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Log, Method, Plan, over, require


@dataclass(frozen=True)
class DirichletMixup(Method):
    """Convex combinations of k rows and their targets. One forward pass.

    k:     number of rows that a mixed row is made of, the own one among them.
    alpha: shares are drawn from Dirichlet(alpha, ..., alpha), one draw for each row; for k = 2 this is the law of
           mixup(lam="row").
    """

    k: int = 3
    alpha: float = 1.0

    label = "matched"
    pairing = "k - 1 permutations"
    lam_law = "Dirichlet(alpha, ..., alpha)"
    space = {"alpha": Log(0.1, 4.0)}

    def __post_init__(self):
        super().__post_init__()
        require(2 <= self.k <= 16, "k", self.k, "2 to 16")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def plan(self, batch, rng):
        n = len(batch.y)
        partner = torch.stack([rng.permutation(n) for _ in range(self.k - 1)], 1)
        parts = torch.stack([rng.gamma(self.alpha, n, kind="lam") for _ in range(self.k)], 1).clamp(min=1e-30)
        shares = parts / parts.sum(1, keepdim=True)
        return Plan(partner, over(shares, batch.shape), shares)
