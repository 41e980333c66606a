"""mixup with the nearer of two rows of the whole training part. A toy, our own; it asks for `more_rows`."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over


@dataclass(frozen=True)
class Nearer(Method):
    """Two candidates a row are drawn from all training rows, and the nearer one is mixed in. One forward pass.

    alpha: lambda is drawn from Beta(alpha, alpha), one for each row.
    """

    alpha: float = 0.4

    domains = ("images", "tabular")
    label = "matched"
    stackable = False
    needs_x = True

    def prepare(self, train):
        return {"rows": torch.tensor(train.rows)}

    def more_rows(self, batch, rng):
        rows = batch.stats["rows"]
        numbers = rng.uniform(2, batch.size, kind="candidate") * rows
        return torch.minimum(numbers.long(), rows - 1).flatten()

    def plan(self, batch, rng):
        n = batch.size
        x = batch.x.flatten(1)
        first, second = x[n : 2 * n], x[2 * n : 3 * n]
        apart = [(x[:n] - other).square().sum(1) for other in (first, second)]
        partner = n + torch.arange(n, device=x.device) + n * (apart[1] < apart[0])
        lam = rng.beta(self.alpha, self.alpha, n)
        return Plan(partner, over(lam, batch.shape), lam)
