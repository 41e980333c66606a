"""mixup without hesitation: mixed at first, then by turns, then hardly (Yu, Wang and Wu 2021, arXiv:2101.04342)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, mixup_plan, require, unmixed_plan


@dataclass(frozen=True)
class MixupWithoutHesitation(Method):
    """mixup until ``first``, every other step until ``last``, then with a chance that falls linearly from 1 to 0.

    Reconstructed from the abstract and general knowledge of the paper: three stages, of which the second alternates and
    the third is epsilon-greedy; the paper's stages end at 0.6 and 0.9.

    alpha, lam: as for mixup.
    """

    first: float = 0.6
    last: float = 0.9
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "matched"
    pairing = "permutation, in a falling share of the steps"
    lam_law = "Beta(alpha, alpha)"

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.first <= self.last <= 1, "first, last", (self.first, self.last), "0 <= first <= last <= 1")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        t = batch.progress
        turn = torch.full_like(t, float(batch.step % 2 == 0))
        chance = torch.where(t < self.first, 1.0, torch.where(t < self.last, turn, (1 - t) / max(1 - self.last, 1e-6)))
        on = rng.uniform(1, kind="whether") < chance
        off = unmixed_plan(batch)
        return plan._replace(wx=torch.where(on, plan.wx, off.wx), wy=torch.where(on, plan.wy, off.wy))
