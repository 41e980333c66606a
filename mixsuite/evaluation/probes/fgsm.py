"""Fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572, section 4)."""

from dataclasses import dataclass

import torch

from mixsuite.data.state import first_leaf
from mixsuite.evaluation.base import Probe, free, replace_first, value_range
from mixsuite.mixing import require


@dataclass(frozen=True)
class Fgsm(Probe):
    """One step of size eps up the loss's gradient, in the maximum norm; white box, with the true target.

    Values stay within the range of their channel in the training part (our choice). Padding and categories are left
    alone.

    eps: in units of the model's input: standardised pixels, cepstra or columns, or samples of a wave.
    """

    eps: float = 0.1

    domains = ("images", "tabular", "speech")

    def __post_init__(self):
        require(self.eps >= 0, "eps", self.eps, ">= 0")

    def disturb(self, x, rows):
        leaf = first_leaf(x).clone().requires_grad_()
        (gradient,) = torch.autograd.grad(rows.loss(replace_first(x, leaf)), leaf)
        low, high = value_range(rows.train)
        step = self.eps * gradient.sign() * free(x, rows.numbers)
        start = first_leaf(x)
        # Values that already lie outside the training range stay where they are.
        moved = torch.clamp(start + step, torch.minimum(low, start), torch.maximum(high, start))
        return replace_first(x, moved)
