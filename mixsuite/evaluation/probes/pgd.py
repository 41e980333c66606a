"""Projected gradient descent (Madry et al. 2018, arXiv:1706.06083, section 2.1)."""

from dataclasses import dataclass
from typing import Literal

import torch

from mixsuite.data.state import first_leaf
from mixsuite.evaluation.base import Probe, free, replace_first, value_range
from mixsuite.mixing import require


@dataclass(frozen=True)
class Pgd(Probe):
    """Signed gradient steps up the loss, each projected back onto a ball around the row; white box.

    The ball has radius eps in the maximum norm, and the target is the true one. Range, padding and categories are as
    for fgsm.

    eps:   as for fgsm.
    steps: number of steps.
    step:  size of a step; None: 2.5 * eps / steps.
    start: "random": a random point of the ball; "row": the row itself, which gives iterated FGSM.
    """

    eps: float = 0.1
    steps: int = 10
    step: float | None = None
    start: Literal["random", "row"] = "random"

    domains = ("images", "tabular", "speech")

    def __post_init__(self):
        require(self.eps >= 0, "eps", self.eps, ">= 0")
        require(1 <= self.steps <= 10_000, "steps", self.steps, "1 to 10000")
        require(self.step is None or self.step > 0, "step", self.step, "> 0, or None")

    def disturb(self, x, rows):
        start, may = first_leaf(x), free(x, rows.numbers)
        low, high = value_range(rows.train)
        low = torch.maximum(torch.minimum(low, start), start - self.eps * may)
        high = torch.minimum(torch.maximum(high, start), start + self.eps * may)
        size = 2.5 * self.eps / self.steps if self.step is None else self.step
        leaf = start
        if self.start == "random":
            u = rows.rng.uniform(*start.shape, kind="probe pgd")
            leaf = torch.clamp(start + self.eps * may * (2 * u - 1), low, high)
        for _ in range(self.steps):
            leaf = leaf.detach().clone().requires_grad_()
            (gradient,) = torch.autograd.grad(rows.loss(replace_first(x, leaf)), leaf)
            leaf = torch.clamp(leaf.detach() + size * gradient.sign(), low, high)
        return replace_first(x, leaf)
