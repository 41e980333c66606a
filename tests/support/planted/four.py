"""Four rows mixed by Dirichlet shares. A toy, our own; it has three partners."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over, require


@dataclass(frozen=True)
class Four(Method):
    """A row and three partners. One forward pass.

    alpha: the four shares are drawn from a Dirichlet law with this parameter.
    """

    alpha: float = 1.0

    label = "matched"

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha >= 0.1, "alpha", self.alpha, "0.1 or more")

    def plan(self, batch, rng):
        n = len(batch.y)
        partner = torch.stack([rng.permutation(n, kind=f"partner{k}") for k in range(3)], 1)
        parts = torch.stack([rng.gamma(self.alpha, n, kind=f"part{k}") for k in range(4)], 1)
        shares = parts / parts.sum(1, keepdim=True)
        return Plan(partner, over(shares, batch.shape), shares)
