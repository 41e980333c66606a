"""The target of mixed rows, as a Mixer gives it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mixsuite.mixing.engine import Loss, clean_loss, two_term_loss
from mixsuite.mixing.method import Batch
from mixsuite.mixing.plan import Plan, terms
from mixsuite.mixing.targets import class_shares, count_classes


@dataclass(frozen=True)
class Target:
    """The target of N mixed rows: that of the own row and each partner's, by their shares.

    batch:    the rows before they were mixed.
    plan:     what was mixed; None: nothing.
    row_loss: (out [N, ...], y [N, ...]) -> [N].
    """

    batch: Batch
    plan: Plan | None
    row_loss: Loss

    def loss(self, out: Tensor) -> Tensor:
        """The scalar sum(weight * (wy * L(out, y[own]) + (1 - wy) * L(out, y[partner]))) for out [N, ...]."""
        if self.plan is None:
            return clean_loss(out, self.batch, self.row_loss)
        return two_term_loss(out, self.batch, self.plan, self.row_loss)

    def soft(self, classes: int) -> Tensor:
        """One target per row, [N, classes], for losses and metrics that take probabilities.

        Raises:
            ValueError: the rows have weights, which a target cannot carry, or there are more classes.
        """
        y, plan = self.batch.y, self.plan
        if self.batch.row_weight is not None or (plan is not None and plan.weight is not None):
            raise ValueError("these rows have weights in the loss: use target.loss(out)")
        shown = count_classes(y)
        if classes < shown or (y.dim() == 2 and classes != shown):
            raise ValueError(f"soft({classes}): the targets show {shown} classes")
        wide = y if y.dim() == 2 else class_shares(y, classes, torch.float32)
        if plan is None:
            return wide
        parts = [t.wy.to(wide.dtype)[:, None] * (wide if t.rows is None else wide[t.rows]) for t in terms(plan)]
        return torch.stack(parts).sum(0)
