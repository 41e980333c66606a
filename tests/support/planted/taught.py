"""mixup beside an averaged teacher. It keeps a `memory` that is a copy of the net.

After the mean teacher (Tarvainen & Valpola 2017, arXiv:1703.01780): the student's outputs are drawn to those of a
teacher whose weights are a moving mean of the student's.
"""

import copy
from dataclasses import dataclass

import torch

from mixsuite.mixing import Method, mixup_plan, require, run_mean, two_term_loss


@dataclass(frozen=True)
class Taught(Method):
    """The loss of mixed rows, and the distance of clean outputs to the teacher's. Three forward passes.

    alpha: lambda is drawn from Beta(alpha, alpha), one for the batch.
    keep: share of the teacher's weights that stays at each step.
    weight: of the squared distance.
    """

    alpha: float = 1.0
    keep: float = 0.99
    weight: float = 0.5

    domains = ("images", "tabular")
    label = "matched"
    stackable = False
    mixes_alone = False
    needs_x = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.keep <= 1, "keep", self.keep, "0 to 1")

    def memory(self, net, train):
        return copy.deepcopy(net).eval().requires_grad_(False)

    def remember(self, batch, net):
        with torch.no_grad():
            for old, new in zip(batch.memory.parameters(), net.parameters(), strict=True):
                old.lerp_(new, 1 - self.keep)
            for old, new in zip(batch.memory.buffers(), net.buffers(), strict=True):
                old.copy_(new)

    def plan(self, batch, rng):
        return mixup_plan(batch, rng, self.alpha, "batch")

    def objective(self, tail, state, batch, plan, loss):
        mixed = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        with torch.no_grad():
            target = batch.memory(batch.x)
        apart = (tail(state) - target).square().flatten(1).mean(1)
        return mixed + self.weight * run_mean(apart, batch.runs)
