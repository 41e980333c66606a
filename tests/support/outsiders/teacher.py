"""Mixup and a mean teacher (Tarvainen and Valpola 2017, arXiv:1703.01780): hooks of its own ``memory``, ``remember``."""

import copy
from dataclasses import dataclass

import torch
from torch.nn.functional import mse_loss

from mixsuite.mixing import Method, Plan, over, two_term_loss


@dataclass(frozen=True)
class Teacher(Method):
    """decay: of the teacher's weights. share: weight of the distance from its outputs."""

    decay: float = 0.9
    share: float = 0.5

    label = "matched"
    stackable = False
    mixes_alone = False
    needs_x = True

    def memory(self, net, train):
        return copy.deepcopy(net).requires_grad_(False).eval()

    def remember(self, batch, net):
        with torch.no_grad():
            for slow, fast in zip(batch.memory.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 1 - self.decay)

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(1.0, 1.0, n)
        return Plan(rng.permutation(n), over(lam, batch.shape), lam)

    def objective(self, tail, state, batch, plan, loss):
        mixed = two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)
        with torch.no_grad():
            wanted = batch.memory(batch.x)
        return mixed + self.share * mse_loss(tail(state), wanted)
