"""A small network in float64 and a method's objective on it at one step."""

import torch
from support.methods import method
from torch import nn

from mixsuite.mixing import Batch, interpolate, two_term_loss
from mixsuite.mixing.engine import Tail
from mixsuite.mixing.losses import cross_entropy
from mixsuite.mixing.rng import Rng

B, D, C = 12, 5, 4  # rows, columns, classes


def network(norm=False):
    torch.manual_seed(0)
    layers = [nn.Linear(D, 7), *([nn.BatchNorm1d(7)] if norm else []), nn.Tanh(), nn.Linear(7, C)]
    return nn.Sequential(*layers).double()


def a_batch(stats=None, n=B):
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(n, D, generator=draws, dtype=torch.float64)
    y = torch.randint(C, (n,), generator=draws)
    return x, Batch(y, (D,), torch.tensor(0.0), stats or {})


def objective(text, net, stats=None, step=3):
    """(value, tail) of a method's objective at one step, in float64."""
    m = method(text)
    x, batch = a_batch(stats)
    tail = Tail(net)
    plan = m.plan(batch, Rng(0, B, dtype=torch.float64).at(step))
    return m.objective(tail, x, batch, plan, cross_entropy), tail


def gradient(value, net):
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(net.parameters()))])


def mixup_loss(net, alpha=1.0, step=3):
    m = method(f"mixup(alpha={alpha})")
    x, batch = a_batch()
    plan = m.plan(batch, Rng(0, B, dtype=torch.float64).at(step))
    return two_term_loss(net(interpolate(x, plan)), batch, plan, cross_entropy)
