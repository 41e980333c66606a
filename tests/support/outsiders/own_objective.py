"""Rows mixed where they matter less: a mask from the loss's gradient (a hook of its own: ``objective``)."""

from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, Plan, over, two_term_loss


@dataclass(frozen=True)
class OwnObjective(Method):
    """Each value is taken from the row whose gradient is larger there; the label follows the share of values."""

    label = "matched"
    stackable = False
    mixes_alone = False

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(1.0, 1.0, n)
        return Plan(rng.permutation(n), over(lam, batch.shape), lam)

    def reject(self, task):
        return None if task.domain in ("images", "tabular") else "for rows of one tensor"

    def objective(self, tail, state, batch, plan, loss):
        h = state if state.requires_grad else state.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(tail(h), batch.y).sum(), h)
        own, other = gradient.abs(), gradient.abs()[plan.partner]
        mask = (own >= other).to(state.dtype)
        share = mask.flatten(1).mean(1)
        mine = plan._replace(wx=mask, wy=share)
        return two_term_loss(tail(self.mix(state, mine)), batch, mine, loss)
