"""A generative adversarial network, plain or with mixup in its discriminator (Zhang et al. 2018, section 3.7)."""

from dataclasses import dataclass, field
from typing import Literal

import torch

from mixsuite.mixing import Method, Plan, require


@dataclass(frozen=True)
class Gan(Method):
    """A GAN trained with one optimiser: the discriminator d descends the loss that the generator g ascends.

    A step takes one forward pass of d, and a second one if the generator moves. Otherwise g's weights stay as they are.

    formula: "plain": E L(d(x), 1) / 2 + L(d(g(z)), 0) / 2, for both players.
             "mixup": the paper's formula, E L(d(lam x + (1 - lam) g(z)), lam), for both, with lam ~ Beta(alpha, alpha).
             "demo":  the formula of the authors' demonstration code: d sees a mix of two shuffled batches of real and
             generated points, the second with a weight ~ Uniform(0, alpha); g ascends the plain loss.
    alpha:   the parameter of lam's law.
    every:   the generator moves in a step with probability 1 / every.
    """

    formula: Literal["plain", "mixup", "demo"] = "mixup"
    alpha: float = 0.2
    every: int = 5
    site: str = field(default="hidden", kw_only=True)

    label = "matched"
    pairing = "none"
    lam_law = "Beta(alpha, alpha)"
    rows = "1 (plain and demo: 2)"
    domains = ("./points.py",)
    vectorised = False  # the host waits for the draw that says whether the generator moves
    stackable = False
    mixes_alone = False

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")
        require(self.formula != "demo" or self.alpha <= 1, "alpha", self.alpha, "0 to 1 with formula=demo")
        require(self.every >= 1, "every", self.every, ">= 1")
        require(self.site == "hidden", "site", self.site, "hidden")

    @property
    def control(self):
        return super().control or ("twin" if self.formula == "plain" else "")

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)
        if self.formula == "demo":
            lam = 1 - self.alpha * rng.uniform(n, kind="lam demo")
        first, second = (rng.permutation(2 * n, kind=f"shuffle {i}") for i in "ab")
        move = rng.uniform(1, kind="move")[0] < 1 / self.every
        rows = torch.arange(n, device=batch.y.device)
        return Plan(rows, lam, lam, extra={"first": first, "second": second, "move": move})

    def objective(self, tail, state, batch, plan, loss):
        real, made = state
        judged = self._judged(self.formula, tail, real, made.detach(), plan, loss)
        if not plan.extra["move"]:
            return judged
        leaf = made.detach().requires_grad_()
        gain = self._judged("mixup" if self.formula == "mixup" else "plain", tail, real, leaf, plan, loss)
        (slope,) = torch.autograd.grad(gain, leaf)
        push = (made * slope).sum()  # its gradient reaches only the generator, which ascends
        return judged - (push - push.detach())

    def _judged(self, formula, tail, real, made, plan, loss):
        """The loss that the discriminator descends, a scalar: a weighted mean of losses at targets from 0 to 1."""
        if formula == "mixup":
            lam = plan.wx[:, None].to(real.dtype)
            return self._loss(tail, lam * real + (1 - lam) * made, lam, loss)
        points = torch.cat([real, made])
        target = torch.cat([torch.ones_like(real[:, :1]), torch.zeros_like(made[:, :1])])
        if formula == "demo":
            lam = plan.wx.repeat(2)[:, None].to(real.dtype)
            points = lam * points[plan.extra["first"]] + (1 - lam) * points[plan.extra["second"]]
            target = lam * target[plan.extra["first"]] + (1 - lam) * target[plan.extra["second"]]
        return self._loss(tail, points, target, loss)

    @staticmethod
    def _loss(tail, points, target, loss):
        out = tail((points, points))  # the discriminator reads the first point of a pair
        return loss(out, target.expand_as(out)).mean()
