"""RegMixup (Pinto et al. 2022, arXiv:2206.14502): clean and mixed rows together."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Linear, Log, Method, Plan, beta_shares, clean_loss, over, require, two_term_loss


@dataclass(frozen=True)
class Regmixup(Method):
    """clean * the loss of the unmixed rows + (1 - clean) * mixup's loss, with lambda near one half.

    alpha:  lambda is drawn from Beta(alpha, alpha).
    clean:  share of the clean term; one half gives the mean over the concatenated rows, as in the paper's code.
    passes: 1: clean and mixed rows form one batch of 2 B, and share BatchNorm's statistics;
            2: the clean rows pass first, then the mixed rows, each with their own statistics.
    lam:    "batch": one lambda per step; "row": one per row.
    """

    alpha: float = 10.0
    clean: float = 0.5
    passes: Literal[1, 2] = 1
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation, and each row with itself"
    lam_law = "Beta(alpha, alpha)"
    space = {"alpha": Log(1.0, 40.0), "clean": Linear(0.1, 0.9)}
    rows = "2"
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")
        require(0 <= self.clean <= 1, "clean", self.clean, "0 to 1")

    @property
    def mixes_alone(self):
        return self.passes == 1

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = beta_shares(rng, n, self.alpha, self.lam)
        partner, rows = rng.permutation(n), torch.arange(n, device=batch.y.device)
        if self.passes == 2:
            return Plan(partner, over(lam, batch.shape), lam)
        shares = torch.cat([torch.ones_like(lam), lam])
        weight = torch.cat([torch.full_like(lam, self.clean / n), torch.full_like(lam, (1 - self.clean) / n)])
        return Plan(torch.cat([rows, partner]), over(shares, batch.shape), shares, own=rows.repeat(2), weight=weight)

    def objective(self, tail, state, batch, plan, loss):
        if self.passes == 1:
            return super().objective(tail, state, batch, plan, loss)
        clean = clean_loss(tail(state), batch, loss)
        mixed = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        return self.clean * clean + (1 - self.clean) * mixed
