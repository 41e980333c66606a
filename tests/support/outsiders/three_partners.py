"""Every row mixed with three others, by shares of a Dirichlet law."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan


@dataclass(frozen=True)
class ThreePartners(Method):
    """alpha: of the symmetric Dirichlet law of the four shares."""

    alpha: float = 1.0

    label = "matched"

    def plan(self, batch, rng):
        n = len(batch.y)
        parts = torch.stack([rng.gamma(self.alpha, n, kind=f"share {k}") for k in range(4)], 1).clamp(min=1e-6)
        shares = parts / parts.sum(1, keepdim=True)
        partner = torch.stack([rng.permutation(n, kind=f"partner {k}") for k in range(3)], 1)
        return Plan(partner, shares.reshape(n, 4, *[1] * len(batch.shape)), shares)
