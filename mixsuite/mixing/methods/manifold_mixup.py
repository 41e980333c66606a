"""Manifold Mixup (Verma et al. 2019, arXiv:1806.05236, section 2)."""

from dataclasses import dataclass, field

from mixsuite.mixing.methods.mixup import Mixup


@dataclass(frozen=True)
class ManifoldMixup(Mixup):
    """mixup of hidden states, at a site drawn anew each step. One forward pass; BatchNorm before the site
    sees clean rows, behind it mixed ones.

    alpha: lambda is drawn from Beta(alpha, alpha).
    lam:   "batch": one lambda per step, as the paper's code does; "row": one per row.
    site:  "random" draws among the task's sites (input included, waves not); a name fixes it.
    The loss is the task's own in two terms, where the paper's code takes BCE on softmax.
    """

    alpha: float = 2.0
    site: str = field(default="random", kw_only=True)
