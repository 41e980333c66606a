"""mixup with different lambdas for signal and target (Zou, Cao, Li and Gu 2023, arXiv:2303.08433).

The paper speaks of "different linear interpolation parameters for features and labels".
"""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Log, Method, Plan, over, require


@dataclass(frozen=True)
class Decoupled(Method):
    """Signal and target are mixed in different shares. One forward pass.

    alpha, alpha_y: the signal's lambda is drawn from Beta(alpha, alpha). The target's lambda is the same quantile of
                    Beta(alpha_y, alpha_y).
    lam, lam_y:     constants instead of the laws; give both or neither.
    per:            "batch": one draw per step; "row": one per row.
    """

    alpha: float = 1.0
    alpha_y: float = 4.0
    lam: float | None = None
    lam_y: float | None = None
    per: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha) and Beta(alpha_y, alpha_y), coupled by quantile; or constants"
    space = {"alpha": Log(0.1, 4.0), "alpha_y": Log(0.4, 16.0)}

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")
        require(self.alpha_y > 0, "alpha_y", self.alpha_y, "> 0")
        constants = [v for v in (self.lam, self.lam_y) if v is not None]
        require(len(constants) != 1, "lam, lam_y", (self.lam, self.lam_y), "both or neither")
        require(all(0 <= v <= 1 for v in constants), "lam, lam_y", constants, "0 to 1")

    def plan(self, batch, rng):
        n = len(batch.y)
        if self.lam is not None and self.lam_y is not None:
            x, y = (torch.full((n,), v, device=batch.y.device) for v in (self.lam, self.lam_y))
        else:
            laws = [(a, a) for a in (self.alpha, self.alpha_y)]
            x, y = (v.expand(n) for v in rng.coupled_betas(laws, n if self.per == "row" else 1))
        return Plan(rng.permutation(n), over(x, batch.shape), y)
