"""AlignMixup: features aligned before they are mixed (Venkataramanan et al. 2022, arXiv:2103.15375)."""

from dataclasses import dataclass, field
from typing import Literal

import torch

from mixsuite.mixing import Method, interpolate, mixup_plan, require


@dataclass(frozen=True)
class AlignMix(Method):
    """The partner's features are moved to the own row's places by optimal transport, then mixed. One forward pass.

    With features A, A' of r places, costs are their squared distances, scaled to a mean of 1; R is the Sinkhorn plan of
    entropic weight eps, times r, without a gradient; and z = lam A + (1 - lam) R A'. In half of the steps there is
    plain mixup at the same site (the paper: input mixup), and which side is aligned is fixed here to the partner's.

    alpha:  lambda is drawn from Beta(alpha, alpha).
    eps:    entropic weight, in units of the mean cost (the paper: 0.1).
    rounds: of Sinkhorn (the paper: 100); at the paper's eps the plan is not yet the last one after 50.
    places: the most places that are aligned; larger features are mixed plainly at this site, which is refused.
    lam:    "batch": one lambda per step; "row": one per row.
    """

    alpha: float = 2.0
    eps: float = 0.1
    rounds: int = 50
    places: int = 256
    lam: Literal["batch", "row"] = "batch"
    site: str = field(default="hidden", kw_only=True)

    label = "matched"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha)"
    domains = ("images",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0 (alpha -> 0 is erm)")
        require(self.eps > 0, "eps", self.eps, "> 0")
        require(1 <= self.rounds <= 1000, "rounds", self.rounds, "1 to 1000")
        require(self.places >= 1, "places", self.places, ">= 1")

    def reject(self, task):
        shape = task.sites.get(self.site, ())
        if self.site == "random" or len(shape) != 3:
            return "align_mix needs a site with features [C, H, W]"
        places = shape[1] * shape[2]
        return None if places <= self.places else f"{places} places are too many to align (places={self.places})"

    def plan(self, batch, rng):
        plan = mixup_plan(batch, rng, self.alpha, self.lam)
        on = (rng.uniform(1, kind="whether") < 0.5).expand(len(plan.partner))
        return plan._replace(extra={"aligned": on})

    def mix(self, h, plan):
        own = h if plan.own is None else h[plan.own]
        partner = h[plan.partner]
        moved = torch.where(plan.extra["aligned"][:, None, None, None], _aligned(own, partner, self), partner)
        lam = plan.wx.reshape(len(own), 1, 1, 1).to(h.dtype)
        return torch.where(lam == 1, own, moved.lerp(own, lam)) if plan.wx.numel() == len(own) else interpolate(h, plan)


def _aligned(own, partner, method):
    """The partner's features [N, C, H, W] at the own row's places."""
    a, b = (h.flatten(2).transpose(1, 2) for h in (own, partner))  # [N, r, C]
    with torch.no_grad():
        cost = torch.cdist(a.double(), b.double()).square()
        cost = cost / (method.eps * cost.mean((1, 2), keepdim=True).clamp(min=1e-12))
        kernel = (cost.amin(2, keepdim=True) - cost).exp()  # rows may be scaled at will, so each has a 1
        turned = kernel.transpose(1, 2).contiguous()
        right = torch.ones_like(kernel[:, :1]).transpose(1, 2)
        for _ in range(method.rounds):  # rows, then columns, are scaled to sum to 1
            left = torch.bmm(kernel, right).reciprocal_()
            right = torch.bmm(turned, left).clamp_(min=1e-300).reciprocal_()
        left = torch.bmm(kernel, right).reciprocal_()
        transport = (left * kernel * right.transpose(1, 2)).to(b.dtype)
    return (transport @ b).transpose(1, 2).reshape(partner.shape)
