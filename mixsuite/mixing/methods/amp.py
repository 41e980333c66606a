"""Adversarial mixing policy: a lambda that is moved against the model (Liu et al. 2021, arXiv:2109.07177)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.mixing import Method, mixup_plan, require, two_term_loss


@dataclass(frozen=True)
class Amp(Method):
    """mixup in which each row's share of the signal is moved by eps up its loss, while the target keeps lambda.

    lam' = lam + eps * sign(d loss / d lam), cut to [0, 1]: the rows are mixed by lam', their targets by lam.
    Reconstructed from the abstract: the sign step is our reading of its "adversarial perturbation on the coefficient".
    Two passes: one for the gradient, one for the loss.

    eps:   the largest move.
    alpha, lam: as for mixup.
    """

    eps: float = 0.05
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), moved by eps for the signal"
    rows = "2"
    stackable = True
    mixes_alone = False
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.eps <= 1, "eps", self.eps, "0 to 1 (0 is mixup)")
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, self.lam)

    def objective(self, tail, state, batch, plan, loss):
        share = plan.wx.detach().clone().requires_grad_()
        held = tuple(leaf.detach() for leaf in state) if isinstance(state, tuple) else state.detach()
        first = two_term_loss(tail(self.mix(held, plan._replace(wx=share))), batch, plan, loss)
        (slope,) = torch.autograd.grad(first.sum(), share)
        moved = (share.detach() + self.eps * slope.sign()).clamp(0, 1)
        return two_term_loss(tail(self.mix(state, plan._replace(wx=moved))), batch, plan, loss)
