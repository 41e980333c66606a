"""StyleMix: content and style mixed apart (Hong, Choi and Kim 2021, CVPR: Separating Content and Style)."""

from dataclasses import dataclass, field
from typing import Literal

import torch

from mixsuite.mixing import Method, Plan, beta_shares, over, require


@dataclass(frozen=True)
class StyleMix(Method):
    """Forms and channel statistics are mixed in different shares; the target's is a mean of both. One forward pass.

    Let f_ij have the form of row i, and of row j the mean and deviation of each channel over its positions (AdaIN).
    With shares c of content and s of style, and t ~ Uniform(max(0, c + s - 1), min(c, s)),
    z = t f_11 + (1 - c - s + t) f_22 + (c - t) f_12 + (s - t) f_21, and the target's own share is r c + (1 - r) s.
    Formulas and defaults are those of the authors' public code. There f is a pretrained encoder's, and z is decoded to
    a picture; here f is the model's own state at the site, and nothing is decoded (our choice, as is that statistics
    carry no gradient). At the input, style is a picture's mean and contrast of each colour.

    r:     weight of content in the target.
    prob:  chance that a step mixes at all.
    alpha: c and s are drawn from Beta(alpha, alpha), each its own.
    lam:   "batch": one c and s per step; "row": one per row.
    """

    r: float = 0.7
    prob: float = 0.5
    alpha: float = 1.0
    lam: Literal["batch", "row"] = "batch"
    site: str = field(default="hidden", kw_only=True)

    label = "free"
    pairing = "permutation"
    lam_law = "Beta(alpha, alpha) for content and for style, in a share prob of the steps"
    domains = ("images",)
    stackable = True
    capturable = True

    def __post_init__(self):
        super().__post_init__()
        require(0 <= self.r <= 1, "r", self.r, "0 to 1")
        require(0 <= self.prob <= 1, "prob", self.prob, "0 to 1")
        require(self.alpha > 0, "alpha", self.alpha, "> 0")

    def reject(self, task):
        if self.site != "random" and len(task.sites[self.site]) == 3:
            return None
        return f"style_mix needs channels with positions [C, H, W], which site '{self.site}' does not have here"

    def plan(self, batch, rng):
        n = len(batch.y)
        on = rng.uniform(1, kind="whether") < self.prob
        content = beta_shares(rng, n, self.alpha, self.lam)
        style = rng.beta(self.alpha, self.alpha, n if self.lam == "row" else 1, kind="style").expand(n)
        low, high = (content + style - 1).clamp(min=0), torch.minimum(content, style)
        place = rng.uniform(n if self.lam == "row" else 1, kind="both")
        both = low + place * (high - low)
        content, style, both = (torch.where(on, share, 1.0) for share in (content, style, both))
        share = self.r * content + (1 - self.r) * style
        extra = {"content": content, "both": both}
        return Plan(rng.permutation(n), over(style, batch.shape), share, extra=extra)

    def mix(self, h, plan):
        x = h.float()
        var, mean = torch.var_mean(x.detach(), (2, 3), correction=0, keepdim=True)
        std = (var + 1e-6).sqrt()
        form = (x - mean) / std
        c, s, t = (v.reshape(-1, 1, 1, 1).float() for v in (plan.extra["content"], plan.wx, plan.extra["both"]))
        other = plan.partner
        own_form = t * std + (c - t) * std[other]
        other_form = (1 - c - s + t) * std[other] + (s - t) * std
        z = own_form * form + other_form * form[other] + s * mean + (1 - s) * mean[other]
        return torch.where(s == 1, h, z.to(h.dtype))
