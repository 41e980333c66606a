"""What several methods build their plans from: shares, mixup's plan, masks as plans."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.mixing.geometry import over
from mixsuite.mixing.method import Batch
from mixsuite.mixing.plan import Plan
from mixsuite.mixing.rng import Rng


def beta_shares(rng: Rng, rows: int, alpha: float, per: str) -> Tensor:
    """Shares ~ Beta(alpha, alpha), one for each row, or (per "batch") the same for all. [rows]"""
    return rng.beta(alpha, alpha, rows if per == "row" else 1).expand(rows)


def mixup_plan(batch: Batch, rng: Rng, alpha: float, per: str) -> Plan:
    """mixup's plan: partners by a permutation, shares ~ Beta(alpha, alpha) per "batch" or "row"."""
    n = len(batch.y)
    lam = beta_shares(rng, n, alpha, per)
    return Plan(rng.permutation(n), over(lam, batch.shape), lam)


def mask_plan(mask: Tensor, batch: Batch, partner: Tensor) -> Plan:
    """A plan of masks, 1 where a row keeps its own: the target's share is that of the cells that stay.

    mask: [draws, H, W] or as the state has it, [draws, (1,) H, W]; one for each row, or one for all.
    """
    n, missing = len(partner), len(batch.shape) + 1 - mask.dim()
    share = mask.flatten(1).mean(1)
    mask = mask.reshape(len(mask), *[1] * missing, *mask.shape[1:])
    return Plan(partner, mask.expand(n, *mask.shape[1:]), share.expand(n))


def unmixed_plan(batch: Batch) -> Plan:
    """The plan that mixes nothing: every row is its own partner, with a share of 1."""
    n = len(batch.y)
    one = torch.ones(n, device=batch.y.device)
    return Plan(torch.arange(n, device=batch.y.device), over(one, batch.shape), one)
