"""Midpoint Mixup (Chidambaram, Wang, Wu and Ge 2023, arXiv:2210.13512): lambda is always one half."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over


@dataclass(frozen=True)
class Midpoint(Method):
    """mixup with lambda fixed at one half: z = (h + h[partner]) / 2, the target likewise. One forward pass."""

    label = "matched"
    pairing = "permutation"
    lam_law = "1/2"

    def plan(self, batch, rng):
        n = len(batch.y)
        half = torch.full((n,), 0.5, device=batch.y.device)
        return Plan(rng.permutation(n), over(half, batch.shape), half)
