"""Building blocks of plans that several methods share: lambdas, mixup's plan, masks as plans."""

from __future__ import annotations

import torch
from torch import Tensor

from mixsuite.mixing.geometry import box_mask, over
from mixsuite.mixing.method import Batch
from mixsuite.mixing.plan import Plan
from mixsuite.mixing.rng import Rng


def beta_shares(rng: Rng, rows: int, alpha: float, per: str) -> Tensor:
    """Draw shares ~ Beta(alpha, alpha), one for each row or, per "batch", the same for all: [rows]."""
    return rng.beta(alpha, alpha, rows if per == "row" else 1).expand(rows)


def mixup_plan(batch: Batch, rng: Rng, alpha: float, per: str) -> Plan:
    """Draw mixup's plan: partners by a permutation, and shares ~ Beta(alpha, alpha) per "batch" or "row"."""
    n = len(batch.y)
    lam = beta_shares(rng, n, alpha, per)
    return Plan(rng.permutation(n), over(lam, batch.shape), lam)


def mask_plan(mask: Tensor, batch: Batch, partner: Tensor) -> Plan:
    """Make a plan of masks; the target's share is the share of the cells that stay.

    Args:
        mask: [draws, H, W], or with the state's axes [draws, (1,) H, W]: 1 where a row keeps its own value. There is
            one mask for each row, or one for all.
        batch: what the method sees of the step.
        partner: [N] int64, the row with which each row is mixed.
    """
    n, missing = len(partner), len(batch.shape) + 1 - mask.dim()
    share = mask.flatten(1).mean(1)
    mask = mask.reshape(len(mask), *[1] * missing, *mask.shape[1:])
    return Plan(partner, mask.expand(n, *mask.shape[1:]), share.expand(n))


def box_plan(batch: Batch, rng: Rng, alpha: float, per: str) -> Plan:
    """Draw CutMix's plan: boxes of a nominal share ~ Beta(alpha, alpha) per "batch" or "row", and the exact area."""
    n = len(batch.y)
    draws = n if per == "row" else 1
    lam = rng.beta(alpha, alpha, draws)
    across, down = rng.uniform(draws, kind="box"), rng.uniform(draws, kind="box")
    return mask_plan(box_mask(lam, across, down, batch.shape), batch, rng.permutation(n))


def unmixed_plan(batch: Batch) -> Plan:
    """Make the plan that mixes nothing: every row is its own partner, with a share of 1."""
    n = len(batch.y)
    one = torch.ones(n, device=batch.y.device)
    return Plan(torch.arange(n, device=batch.y.device), over(one, batch.shape), one)
