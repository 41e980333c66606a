"""Empirical risk minimisation: no mixing, the reference of every table."""

from dataclasses import dataclass, field

import torch

from mixsuite.mixing import Method, Plan, over
from mixsuite.mixing.engine import clean_loss


@dataclass(frozen=True)
class Erm(Method):
    """No mixing: every row as it is, with its own target. One forward pass.

    site: of no consequence; "random" is one that every task has.
    """

    site: str = field(default="random", kw_only=True)

    label = "matched"
    pairing = "none"
    lam_law = "1"
    mixes = False
    mixes_alone = True
    stackable = True

    def plan(self, batch, rng):
        n = len(batch.y)
        one = torch.ones(n, device=batch.y.device)
        return Plan(torch.arange(n, device=batch.y.device), over(one, batch.shape), one)

    def mix(self, h, plan):
        return h

    def objective(self, tail, state, batch, plan, loss):
        return clean_loss(tail(state), batch, loss)
