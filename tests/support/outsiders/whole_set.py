"""Every row mixed with one of its nearest neighbours in the whole training part (a hook of its own: ``more_rows``)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over


@dataclass(frozen=True)
class WholeSet(Method):
    """alpha: lambda is drawn from Beta(alpha, alpha). k: neighbours among which one is drawn."""

    alpha: float = 0.4
    k: int = 3

    label = "matched"
    stackable = False
    needs_rows = True

    def prepare(self, train):
        flat = (train.x[0] if isinstance(train.x, tuple) else train.x).flatten(1)
        apart = torch.cdist(flat, flat).fill_diagonal_(torch.inf)
        return {"nearest": apart.argsort(1)[:, : self.k]}

    def more_rows(self, batch, rng):
        nearest = batch.stats["nearest"][batch.rows]
        draw = (rng.uniform(len(nearest), kind="neighbour") * nearest.shape[1]).long()
        return nearest.gather(1, draw[:, None])[:, 0]

    def plan(self, batch, rng):
        n = batch.size
        lam = rng.beta(self.alpha, self.alpha, n)
        return Plan(n + torch.arange(n, device=batch.y.device), over(lam, batch.shape), lam)
