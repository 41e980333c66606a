"""One step for each of several interpolations of a pair, in an order along the line between its rows.

multi-mix (Shen et al. 2024, arXiv:2406.01417) averages over an ordered sequence of interpolations. A mean does not
depend on the order, but successive steps do: this is our reading of what the order could be for.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, Plan, over, require


@dataclass(frozen=True)
class Ordered(Method):
    """multi_mix's interpolations one after another: k successive steps mix the same pairs. One forward pass.

    Each of the k steps takes the next lambda. With length = k it trains on as many rows as multi_mix, in k times the
    steps.

    k:     interpolations per pair.
    order: of the lambdas: "ascending" ends near the row itself, "descending" near its partner; "shuffled": as drawn.
    alpha: each lambda is drawn from Beta(alpha, alpha); they are multi_mix's lambdas.
    """

    k: int = 5
    order: Literal["ascending", "descending", "shuffled"] = "ascending"
    alpha: float = 1.0

    label = "matched"
    pairing = "permutation, held for k steps"
    lam_law = "Beta(alpha, alpha), k times, in order"

    def __post_init__(self):
        super().__post_init__()
        require(1 <= self.k <= 1000, "k", self.k, "1 to 1000")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    @property
    def repeat_batch(self):
        return self.k

    @property
    def control(self):
        return ""  # its length is part of the idea

    def plan(self, batch, rng):
        n = len(batch.y)
        draws = [rng.beta(self.alpha, self.alpha, 1, kind="lam" if j == 0 else f"lam {j}") for j in range(self.k)]
        lams = torch.cat(draws)
        if self.order != "shuffled":
            lams = lams.sort(descending=self.order == "descending").values
        lam = lams[batch.repeat_index].expand(n)
        return Plan(rng.permutation(n), over(lam, batch.shape), lam)
