"""MixStyle: feature statistics of two rows mixed (Zhou, Yang, Qiao and Xiang 2021, arXiv:2104.02008)."""

from dataclasses import dataclass, field

import torch

from mixsuite.mixing import Method, Plan, over, require


@dataclass(frozen=True)
class MixStyle(Method):
    """Each channel gets the mean and deviation that mixing gives, and keeps its form; the target stays. One pass.

    With mean mu and deviation sd over a channel's positions, and lambda per row:
    z = (lam sd + (1 - lam) sd') (x - mu) / sd + lam mu + (1 - lam) mu'. Reconstructed: we had the paper's abstract and
    general knowledge of it. Statistics carry no gradient; padding of clips and graphs counts in none.

    alpha: lambda is drawn from Beta(alpha, alpha).
    prob:  chance that a step mixes at all.
    """

    alpha: float = 0.1
    prob: float = 0.5
    site: str = field(default="hidden", kw_only=True)

    label = "own"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha), in a share prob of the steps"
    domains = ("images", "speech")
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(self.alpha > 0, "alpha", self.alpha, "> 0")
        require(0 <= self.prob <= 1, "prob", self.prob, "0 to 1")

    def reject(self, task):
        if self.site != "random" and len(task.sites[self.site]) < 2:
            return f"mix_style needs channels with positions, which {self.site} does not have here"
        return None

    def plan(self, batch, rng):
        n = len(batch.y)
        lam = rng.beta(self.alpha, self.alpha, n)
        on = rng.uniform(1, kind="whether") < self.prob
        lam = torch.where(on, lam, torch.ones_like(lam))
        return Plan(rng.permutation(n), over(lam, batch.shape), torch.ones_like(lam))

    def mix(self, h, plan):
        x, mask = (h[0], h[-1]) if isinstance(h, tuple) else (h, None)
        mean, std = _style(x.detach().float(), mask)
        lam = plan.wx.reshape(len(x), *[1] * (x.dim() - 1)).float()
        new_mean = lam * mean + (1 - lam) * mean[plan.partner]
        new_std = lam * std + (1 - lam) * std[plan.partner]
        styled = (new_std * (x.float() - mean) / std + new_mean).to(x.dtype)
        z = torch.where(lam == 1, x, styled)
        return z if mask is None else (z * (mask > 0), *h[1:])


def _style(x, mask):
    """Mean and deviation [N, C, 1, ...] of each channel over its positions, or over those where the mask is above 0."""
    axes = tuple(range(2, x.dim()))
    weight = torch.ones_like(x) if mask is None else (mask > 0).to(x.dtype).expand_as(x)
    count = weight.sum(axes, keepdim=True).clamp(min=1)
    mean = (x * weight).sum(axes, keepdim=True) / count
    return mean, (((x - mean).square() * weight).sum(axes, keepdim=True) / count + 1e-6).sqrt()
